// SPDX-License-Identifier: Apache-2.0
// What `defaults` and a rule's `set` have in common: the settings of docs/policy.md.
#pragma once

#include "config/mapping.hpp"
#include "policy/rules.hpp"

#include <string>
#include <vector>

namespace postseal::config {

/// Their keys, for a mapping that read_settings() reads.
[[nodiscard]] const std::vector<std::string>& setting_keys();

/// Sets what the block says, and leaves the rest. An archive has to be in the local domains of
/// `known`.
void read_settings(const source& from, const mapping& block, const policy::rule_set& known,
                   policy::overrides& set);

/// Throws where the block says `send` beside `required`, which is what `effective` comes to.
void refuse_contradictions(const source& from, const mapping& block, policy::encrypt effective);

} // namespace postseal::config
