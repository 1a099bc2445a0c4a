// SPDX-License-Identifier: Apache-2.0
// A place where a recipient's key may be found: the local directory, the store, WKD, a keyserver.
#pragma once

#include "keys/certificate.hpp"
#include "smtp/mailbox.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace postseal::keys {

/// What the address's own domain did when it was asked; the later, the stronger.
enum class domain_contact {
    none,        ///< it was not asked, or its answer says it all
    unreachable, ///< absent, but only if it never published keys: nobody answered for it
    served,      ///< it has served keys
};

/// What a source says before anybody has judged it.
struct answer {
    outcome result = outcome::absent;  ///< found: `material` or `judged` is there; unusable:
                                       ///< nobody could use it, whatever it is
    std::string material;              ///< hostile bytes, binary or armored, any number of
                                       ///< certificates
    std::optional<certificate> judged; ///< from the store: cleaned and judged before
    std::string reason;         ///< one clause for a person, with the URL or file where it helps
    bool authoritative = false; ///< absent, and the address's own domain says so: later
                                ///< sources are not asked
    /// From third parties: where this is temporary, or comes to be, nobody has to wait for it
    /// (finding::retry_in).
    std::optional<std::chrono::seconds> retry_in;
    bool resting = false; ///< temporary, and nobody was asked: the source is left alone for now
    bool brief = false;   ///< absent, but nobody knows whose fault that is: believed for minutes
    bool asked_nobody = false; ///< absent, since the address is never looked up: nobody's word
    domain_contact domain = domain_contact::none;
    wkd_host host = wkd_host::none; ///< of the domain's own: which one this is from
};

class source {
  public:
    virtual ~source() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    /// On whose word everything stands that it says.
    [[nodiscard]] virtual origin from() const = 0;
    /// Never throws for anything that the outside does; gives up by itself (temporary).
    virtual boost::asio::awaitable<answer> ask(smtp::mailbox address) = 0;
    /// What there is of the certificate with this fingerprint now, whomever it is for. In the
    /// background only: may wait for its turn. Absent where the source cannot be asked that.
    virtual boost::asio::awaitable<answer> ask_by_fingerprint(std::string fingerprint);
};

} // namespace postseal::keys
