// SPDX-License-Identifier: Apache-2.0
// One message, put to the policy: what is asked, of whom a key is wanted, and the plan. The relay
// and `postseal explain` both ask through here, so that neither can ask in a way of its own. Pure.
#pragma once

#include "keys/certificate.hpp"
#include "message/facts.hpp"
#include "policy/origin.hpp"
#include "policy/plan.hpp"
#include "smtp/envelope.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace postseal::relay {

/// Of each of addresses_of(); nothing where nobody has looked.
using findings = std::vector<std::optional<keys::finding>>;

struct policy_question {
    policy::origin origin;
    smtp::envelope envelope; ///< as policy sees it (relay/policy_view)
    message::facts facts;    ///< likewise
    policy::occasion now;
};

/// `message` is the whole message as it came, `envelope` as the client gave it.
[[nodiscard]] policy_question put_question(policy::origin over, const smtp::envelope& envelope,
                                           std::string_view message, policy::occasion now);

/// The recipients in envelope order, and behind them those who are judged with them.
[[nodiscard]] std::vector<smtp::mailbox> addresses_of(const policy::rule_set& rules,
                                                      const policy_question& asked);

/// Whose key has to be looked for: indices into addresses_of(), ascending.
[[nodiscard]] std::vector<std::size_t> keys_wanted(const policy::rule_set& rules,
                                                   const policy_question& asked);

[[nodiscard]] policy::plan make_plan(const policy::rule_set& rules, const policy_question& asked,
                                     const findings& found);

} // namespace postseal::relay
