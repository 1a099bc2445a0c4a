// SPDX-License-Identifier: Apache-2.0
// The policy files (docs/policy.md): lists, defaults and rules, and the mistakes that would make a
// rule say something else than its author meant.
#pragma once

#include "config/yaml.hpp"
#include "policy/rules.hpp"
#include "relay/settings.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace postseal::config {

/// One policy of all the files: lists and pins of each, rules and key_of one behind the other,
/// defaults of at most one. Lists are resolved into the rules that name them; patterns are folded.
/// A rule may ask only what one of the listeners `around` can know, and set only what is set up
/// there. Throws config::error.
[[nodiscard]] policy::rule_set load_policy(const std::vector<std::filesystem::path>& files,
                                           std::vector<std::string> local_domains,
                                           const relay::settings& around);

} // namespace postseal::config
