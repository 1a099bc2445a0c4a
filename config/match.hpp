// SPDX-License-Identifier: Apache-2.0
// `match:` of a rule: what it asks, and whether anybody can ever answer.
#pragma once

#include "config/pattern.hpp"
#include "config/yaml.hpp"
#include "policy/rules.hpp"
#include "relay/settings.hpp"

#include <vector>

namespace postseal::config {

/// `listeners` are those of postseal.yaml: a rule may name them, and asks nothing of a connection
/// that they can never know. Every listener that a rule names has to be able to; where it names
/// none, one listener is enough, and over the others the rule does not match.
/// Throws config::error.
[[nodiscard]] policy::match read_match(const source& from, const node& value,
                                       const named_lists& lists,
                                       const std::vector<relay::listener_settings>& listeners);

} // namespace postseal::config
