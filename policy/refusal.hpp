// SPDX-License-Identifier: Apache-2.0
// Why a message is refused, to everybody or to one recipient, and the reply that says so: it names
// who is in the way, says to whom nothing was sent, and what the sender can do. docs/policy.md
// lists the codes.
#pragma once

#include "policy/settings.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace postseal::policy {

enum class obstacle {
    no_key,        ///< there is none
    unusable_key,  ///< expired, revoked, for somebody else, or without a part to encrypt to
    weak_key,      ///< one that could be used, but for min_strength
    lookup_failed, ///< nobody could say
    key_changed,   ///< to one that no administrator has accepted
    opted_out,     ///< an administrator has said that they cannot read it, the message is bound
    never_sealed,  ///< a rule says never, another binds the message
    fragment,      ///< message/partial
    others_wait,   ///< all or none, and another recipient's key could not be looked up
    blind_copy,    ///< sealed mail would go to somebody whom the others do not see
};

/// What one recipient has against the message.
struct objection {
    std::size_t recipient = 0; ///< index into envelope.recipients
    obstacle why = obstacle::no_key;
    fallback answer = fallback::reject; ///< defer: 451; reject: 550. Held alone: hold
    std::string note;                   ///< the administrator's words
    std::string changed_to{};           ///< of a changed key: the new fingerprint
    std::string key_of{}; ///< whose key it is about, where that is not the recipient's own
};

/// The whole message, for everybody. `objections` is not empty. One that is final decides over all
/// that may pass: trying again would not help.
[[nodiscard]] smtp::reply refuse(const smtp::envelope& envelope,
                                 const std::vector<objection>& objections);

/// What is said of a recipient for whom the message is held: to be read where it is late.
[[nodiscard]] smtp::reply why_held(const smtp::envelope& envelope, const objection& one);

/// This recipient alone, while the others are served.
[[nodiscard]] smtp::reply refuse_alone(const smtp::envelope& envelope, const objection& alone);

} // namespace postseal::policy
