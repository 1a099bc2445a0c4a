// SPDX-License-Identifier: Apache-2.0
// `pins:` of the policy file: of an address, the only key that may be used. docs/policy.md.
#pragma once

#include "config/yaml.hpp"
#include "keys/account.hpp"
#include "policy/rules.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace postseal::config {

/// `known` has the local domains, of which no keys are looked for.
[[nodiscard]] policy::pinned_keys read_pins(const source& from, const node& value,
                                            const policy::rule_set& known);

/// The same by address (keys::lookup_key) with their places, for people. Of a file that was good;
/// of one that has been changed since, whatever of it can be read.
using placed_pins = std::map<std::string, keys::policy_pin>;
[[nodiscard]] placed_pins find_pins(const std::filesystem::path& policy_file,
                                    const policy::pinned_keys& read);

} // namespace postseal::config
