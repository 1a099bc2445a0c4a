// SPDX-License-Identifier: Apache-2.0
// The policy file (docs/policy.md): lists, defaults and rules, and the mistakes that would make a
// rule say something else than its author meant.
#pragma once

#include "policy/rules.hpp"
#include "relay/settings.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace postseal::config {

/// Lists are resolved into the patterns of the rules that name them; patterns are folded.
/// A rule may ask only what one of `listeners` can know. Throws config::error.
[[nodiscard]] policy::rule_set load_policy(const std::filesystem::path& file,
                                           std::vector<std::string> local_domains,
                                           const std::vector<relay::listener_settings>& listeners);

} // namespace postseal::config
