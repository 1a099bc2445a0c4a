// SPDX-License-Identifier: Apache-2.0
#include "relay/policy_question.hpp"

#include "relay/policy_view.hpp"

#include <utility>

namespace postseal::relay {

policy_question put_question(policy::origin over, const smtp::envelope& envelope,
                             std::string_view message, policy::occasion now) {
    return {std::move(over), for_policy(envelope), for_policy(message::classify(message)), now};
}

std::vector<smtp::mailbox> addresses_of(const policy::rule_set& rules,
                                        const policy_question& asked) {
    std::vector<smtp::mailbox> addresses;
    for (const auto& one : asked.envelope.recipients)
        addresses.push_back(one.address);
    for (auto& other : policy::also_judged(rules, asked.envelope, asked.facts, asked.now))
        addresses.push_back(std::move(other));
    return addresses;
}

std::vector<std::size_t> keys_wanted(const policy::rule_set& rules, const policy_question& asked) {
    const auto addresses = addresses_of(rules, asked);
    std::vector<std::size_t> wanted;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        if (policy::key_matters(rules, asked.origin, asked.envelope, &asked.facts, addresses[i],
                                asked.now.since))
            wanted.push_back(i);
    }
    return wanted;
}

policy::plan make_plan(const policy::rule_set& rules, const policy_question& asked,
                       const findings& found) {
    return policy::make_plan(rules, asked.origin, asked.envelope, asked.facts, found, asked.now);
}

} // namespace postseal::relay
