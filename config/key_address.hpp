// SPDX-License-Identifier: Apache-2.0
// An address whose key is looked for, as the policy file names one.
#pragma once

#include "config/yaml.hpp"
#include "policy/rules.hpp"
#include "smtp/mailbox.hpp"

namespace postseal::config {

/// With its domain as A-labels. `known` has the local domains, of which no keys are looked for.
[[nodiscard]] smtp::mailbox read_key_address(const source& from, const node& value,
                                             const policy::rule_set& known);

} // namespace postseal::config
