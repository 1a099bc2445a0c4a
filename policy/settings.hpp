// SPDX-License-Identifier: Apache-2.0
// What a rule can set. Every setting has its default here and nowhere else.
#pragma once

#include "message/clean.hpp"
#include "message/header_protection.hpp"
#include "policy/strength.hpp"
#include "smtp/mailbox.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace postseal::policy {

enum class encrypt {
    never,
    opportunistic, ///< seal where a usable key is found
    all_or_none,   ///< seal if every recipient outside can be sealed to, else to none
    required,      ///< seal or do not send
};

/// Whether what a rule says is done.
enum class mode {
    enforce,
    observe, ///< it is only logged what would be done: the recipient gets the message as it came
};

/// What happens to a recipient to whom we cannot seal.
enum class fallback {
    send,   ///< in clear
    hold,   ///< accept, and look for the key again from the spool
    defer,  ///< 451: the client tries again
    reject, ///< 550
};

/// What becomes of mail that was held for `hold_for` and still has no key.
enum class hold_end {
    send,   ///< in clear
    reject, ///< its sender gets a notification
};

/// What a recipient whom the others do not see means for sealing.
enum class blind_copies {
    separate, ///< a ciphertext of their own
    reject,   ///< 550: a sealed message goes to nobody in secret
};

/// On whose word a key may be sealed to.
struct allowed_sources {
    bool local = true;      ///< the administrator's: the directory, and keys given to the store
    bool wkd = true;        ///< the domain's own
    bool keyservers = true; ///< third parties'
    bool operator==(const allowed_sources&) const = default;
};

/// What another key means than the one that mail was sealed to, where that could still be used.
enum class key_change {
    accept, ///< nothing: it is sealed to
    warn,   ///< it is sealed to, and the log says so
    hold,   ///< it waits for an administrator; never in clear, whatever a fallback says
};

/// What `required` binds.
enum class scope {
    message,   ///< every recipient outside the local domains, or nobody gets the message
    recipient, ///< only the recipients that the rule matched
};

/// Classes of mail that are not sealed although a key is there, since their readers are machines
/// or cannot cope. True: exempt. `required` overrides every one of them.
struct exemptions {
    bool reports = true;      ///< multipart/report and the null sender
    bool invitations = true;  ///< iTIP
    bool lists = true;        ///< List-Id, Precedence: bulk | list
    bool key_exchange = true; ///< Autocrypt Setup Message, Secure-Join
    bool operator==(const exemptions&) const = default;
};

struct settings {
    policy::mode mode = policy::mode::enforce;
    policy::encrypt encrypt = encrypt::opportunistic;
    fallback without_key = fallback::send;   ///< absent
    fallback lookup_failed = fallback::hold; ///< temporary
    fallback unusable_key = fallback::send;  ///< expired, revoked
    std::chrono::seconds hold_for = std::chrono::hours(24);
    hold_end then = hold_end::reject; ///< after it
    policy::key_change key_change = key_change::warn;
    allowed_sources sources; ///< a key from another one is a lookup that has failed
    policy::scope scope = scope::message;
    blind_copies blind = blind_copies::separate;
    std::optional<smtp::mailbox> archive; ///< inside; gets a copy in clear of what leaves
    message::cleaning headers;
    message::header_protection header_protection; ///< of sealed copies
    exemptions exempt;
    policy::min_strength min_strength; ///< a key below it is unusable
    std::string note;                  ///< for the log, and for the sender who reads a refusal
    bool operator==(const settings&) const = default;
};

} // namespace postseal::policy
