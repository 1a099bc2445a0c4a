// SPDX-License-Identifier: Apache-2.0
// What a rule asks before it speaks: conditions on the connection, the envelope, the message and
// the recipient's key, put together by all, any and not.
//
// Fails: never. Before the message has come the answer may be truth::open, and where nobody has
// told something truth::unknown. Limits: the depth of a condition is bounded by who reads the
// policy file.
#pragma once

#include "message/facts.hpp"
#include "message/requests.hpp"
#include "policy/address_set.hpp"
#include "policy/origin.hpp"
#include "policy/text_pattern.hpp"
#include "policy/truth.hpp"
#include "smtp/ip_network.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace postseal::policy {

struct condition;
using conditions = std::vector<condition>;

/// Addresses of a list are shared by all rules that name it.
using addresses = std::shared_ptr<const address_set>;

// One struct for each key of `match:`.
struct from_is {
    std::vector<addresses> any_of; ///< the envelope sender, or a mailbox of the header From
};
struct to_is {
    std::vector<addresses> any_of;
};
struct listener_is {
    std::vector<std::string> any_of; ///< names
};
struct client_is {
    std::vector<smtp::ip_network> any_of;
};
struct tls_is {
    bool wanted;
};
struct authenticated_is {
    bool wanted;
};
struct login_is {
    std::vector<std::string> any_of; ///< globs for the whole name
};
/// A field of that name, its text unfolded and decoded, is as one of the patterns.
struct header_is {
    std::string field;
    std::vector<text_pattern> any_of;
};
/// The subject has one of them anywhere in it (message/requests).
struct tag_is {
    std::vector<std::string> any_of;
};
/// A field of that name says exactly one of these words.
struct request_is {
    std::string field;
    std::vector<std::string> any_of;
};
struct size_is {
    std::optional<std::uint64_t> over; ///< octets of the message as it came
    std::optional<std::uint64_t> under;
};
struct attachment_is {
    bool wanted;
};
/// What a message may be besides a letter; one message may be several.
enum class message_class {
    plain,     ///< neither signed nor encrypted
    is_signed, ///< and readable
    encrypted,
    report,
    invitation,
    list,
    key_exchange,
    fragment,
};
struct class_is {
    std::vector<message_class> any_of;
};
struct known_key_is {
    bool wanted; ///< a key that may be used is at hand when the message is planned
};

struct all_of {
    conditions each; ///< none: holds
};
struct any_of {
    conditions each;
};
struct none_of {
    conditions each;
};

struct condition {
    using kinds = std::variant<all_of, any_of, none_of, from_is, to_is, listener_is, client_is,
                               tls_is, authenticated_is, login_is, header_is, tag_is, request_is,
                               size_is, attachment_is, class_is, known_key_is>;
    kinds asks;
};

/// What is known of one message when rules are held against it. Refers to what it is made from.
class circumstances {
  public:
    /// `sender` is that of the envelope, `facts` null until the message has come.
    circumstances(const origin& over, const std::optional<smtp::mailbox>& sender,
                  const message::facts* facts);

    [[nodiscard]] const policy::origin& over() const { return over_; }
    [[nodiscard]] const message::facts* facts() const { return facts_; }
    /// The envelope sender and the authors.
    [[nodiscard]] const std::vector<folded_address>& senders() const { return senders_; }

  private:
    const policy::origin& over_;
    const message::facts* facts_;
    std::vector<folded_address> senders_;
};

/// Whom a rule is to speak of.
struct addressee {
    folded_address address;
    std::optional<bool> key_known; ///< nothing: nobody has looked
};

[[nodiscard]] truth holds(const condition& asked, const circumstances& around,
                          const addressee& whom);

/// Does its answer hang on what is known of keys?
[[nodiscard]] bool asks_for_key(const condition& asked);

/// The tags and fields that it asks for, in `not` too.
void collect_requests(const condition& asked, message::requests& into);

/// All that this message is.
[[nodiscard]] std::vector<message_class> classes_of(const message::facts& facts);

[[nodiscard]] std::string_view to_string(message_class what);

} // namespace postseal::policy
