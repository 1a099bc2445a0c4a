// SPDX-License-Identifier: Apache-2.0
// `pins:` of the policy file: of an address, the only key that may be used. docs/policy.md.
#pragma once

#include "config/yaml.hpp"
#include "keys/account.hpp"
#include "policy/rules.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace postseal::config {

/// Adds them to `pins`. `known` has the local domains, of which no keys are looked for.
void read_pins(const source& from, const node& value, const policy::rule_set& known,
               policy::pinned_keys& pins);

/// The same by address (keys::lookup_key) with their places, for people. Of files that were good;
/// of one that has been changed since, whatever of it can be read.
using placed_pins = std::map<std::string, keys::policy_pin>;
[[nodiscard]] placed_pins find_pins(const std::vector<std::filesystem::path>& policy_files,
                                    const policy::pinned_keys& read);

} // namespace postseal::config
