// SPDX-License-Identifier: Apache-2.0
// `key_of:` of the policy file: mail for these addresses is sealed to the key of that one.
// docs/policy.md.
#pragma once

#include "config/lists.hpp"
#include "config/yaml.hpp"
#include "policy/rules.hpp"

#include <set>
#include <string>

namespace postseal::config {

/// Adds its entries to `policy`, which has the local domains. On the left stands what `to` of a
/// rule takes; `named` has what stood there before.
void read_key_of(const source& from, const node& value, const named_lists& lists,
                 std::set<std::string>& named, policy::rule_set& policy);

} // namespace postseal::config
