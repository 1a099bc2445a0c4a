// SPDX-License-Identifier: Apache-2.0
// The `match:` of a rule: conditions on the connection, the envelope, the message and the
// recipient's key. All in one block have to hold; `any`, `all` and `not` hold further blocks.
#pragma once

#include "config/lists.hpp"
#include "config/yaml.hpp"
#include "policy/condition.hpp"
#include "relay/settings.hpp"

#include <string>
#include <vector>

namespace postseal::config {

/// What a rule may name besides what it says itself.
struct match_context {
    const named_lists& lists;
    const std::vector<relay::listener_settings>& listeners;
};

/// All that may stand in a block.
[[nodiscard]] const std::vector<std::string>& match_keys();

/// Throws config::error, also where a condition could never be known on any of the listeners, or
/// contradicts another in its block.
[[nodiscard]] policy::condition read_match(const source& from, const node& value,
                                           const match_context& known);

} // namespace postseal::config
