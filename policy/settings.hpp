// SPDX-License-Identifier: Apache-2.0
// What a rule can set. Every setting has its default here and nowhere else.
#pragma once

#include "message/clean.hpp"
#include "message/header_protection.hpp"
#include "policy/strength.hpp"

#include <string>

namespace postseal::policy {

enum class encrypt {
    never,
    opportunistic, ///< seal where a usable key is found
    required,      ///< seal or do not send
};

/// What happens to a recipient to whom we cannot seal.
enum class fallback {
    send,   ///< in clear
    hold,   ///< accept, look again later (answered 451 until the spool exists)
    defer,  ///< 451: the client tries again
    reject, ///< 550
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
    policy::encrypt encrypt = encrypt::opportunistic;
    fallback without_key = fallback::send;   ///< absent
    fallback lookup_failed = fallback::hold; ///< temporary
    fallback unusable_key = fallback::send;  ///< expired, revoked
    policy::key_change key_change = key_change::warn;
    policy::scope scope = scope::message;
    message::profile headers = message::profile::standard;
    message::header_protection header_protection; ///< of sealed copies
    exemptions exempt;
    policy::min_strength min_strength; ///< a key below it is unusable
    std::string note;                  ///< added to a refusal, for the sender to read
    bool operator==(const settings&) const = default;
};

} // namespace postseal::policy
