// SPDX-License-Identifier: Apache-2.0
// `pins:` of the policy file: of an address, the only key that may be used. docs/policy.md.
#pragma once

#include "config/yaml.hpp"
#include "policy/rules.hpp"

namespace postseal::config {

/// `known` has the local domains, of which no keys are looked for.
[[nodiscard]] policy::pinned_keys read_pins(const source& from, const node& value,
                                            const policy::rule_set& known);

} // namespace postseal::config
