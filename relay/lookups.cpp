// SPDX-License-Identifier: Apache-2.0
#include "relay/lookups.hpp"

#include <utility>

namespace postseal::relay {

// Each was started before the first is waited for.
boost::asio::awaitable<findings> find_keys(keys::finder& finder, const policy::rule_set& rules,
                                           const policy_question& asked) {
    const auto addresses = addresses_of(rules, asked);
    const auto wanted = keys_wanted(rules, asked);
    for (const auto i : wanted)
        finder.prefetch(addresses[i], policy::key_owner(rules, addresses[i]));
    findings found(addresses.size());
    for (const auto i : wanted) {
        auto finding = finder.find(addresses[i], policy::key_owner(rules, addresses[i]));
        found[i] = co_await std::move(finding);
    }
    co_return found;
}

} // namespace postseal::relay
