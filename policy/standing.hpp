// SPDX-License-Identifier: Apache-2.0
// Where each recipient stands before any key is known: what the rules, the sender and the message
// say about them. make_plan and key_matters both start here, so that they cannot disagree.
#pragma once

#include "keys/certificate.hpp"
#include "message/facts.hpp"
#include "policy/plan.hpp"
#include "policy/rules.hpp"
#include "smtp/envelope.hpp"

#include <optional>
#include <string>
#include <vector>

namespace postseal::policy {

enum class stance {
    local,           ///< inside the local domains: never sealed to
    not_ours,        ///< header From is outside the local domains, and no rule claims the message
    observed,        ///< its rule only observes: gets the message as it came
    clear,           ///< need not be sealed
    needs_key,       ///< sealed where a key is found, else the fallbacks decide
    never_but_bound, ///< a rule says never, and the message must be sealed to everybody
    fragment_but_bound, ///< must be sealed, and a message/partial cannot be
};

struct standing {
    policy::stance stance = policy::stance::local;
    verdict said;
    bool bound = false;     ///< must not leave in clear: `required`, its own or the message's
    bool not_clear = false; ///< the same, since it was held so; an opt-out counts all the same
    bool key_known = false; ///< as a rule was told that asks for it
    std::string reason;     ///< one clause for a person
};

/// Does this recipient's rule bind every other one who is outside too?
[[nodiscard]] bool binds_message(const standing& one);

/// Is a key at hand that may be used? Nothing: nobody has looked, or could not.
[[nodiscard]] std::optional<bool> key_known(const std::optional<keys::finding>& about);

/// One standing a recipient, in envelope order. Every recipient is judged once, then the message.
/// `findings` as make_plan has them, or none where nobody has looked yet. What was held is not only
/// observed any more, whatever rules say by then.
[[nodiscard]] std::vector<standing>
survey(const rule_set& rules, const origin& over, const smtp::envelope& envelope,
       const message::facts& facts, const std::vector<std::optional<keys::finding>>& findings,
       const std::optional<waiting>& since = {});

} // namespace postseal::policy
