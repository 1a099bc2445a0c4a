// SPDX-License-Identifier: Apache-2.0
#include "cli/key_owner.hpp"

#include "keys/lent_key.hpp"
#include "relay/policy_view.hpp"

#include <algorithm>

namespace postseal::cli {

std::optional<smtp::mailbox> owner_for(const smtp::mailbox& address,
                                       const std::vector<keys::record>& known,
                                       const policy::rule_set& rules) {
    if (std::ranges::any_of(known, keys::has_own_word)) return std::nullopt;
    return policy::key_owner(rules, relay::for_policy(address).value_or(address));
}

void add_owner(boost::json::object& to, const std::optional<smtp::mailbox>& owner) {
    to["key_of"] = nullptr;
    if (owner) to["key_of"] = smtp::to_string(*owner);
}

} // namespace postseal::cli
