// SPDX-License-Identifier: Apache-2.0
// The listeners of postseal.yaml, and what keeps one from becoming an open relay by a slip.
#pragma once

#include "config/yaml.hpp"
#include "relay/settings.hpp"

#include <optional>
#include <vector>

namespace postseal::config {

/// `listen:`, at least one, each with a name and an address of its own, and a next hop of its own
/// where it says so: else it is `common`. Throws config::error.
[[nodiscard]] std::vector<relay::listener_settings>
read_listeners(const source& from, const node& value,
               const std::optional<relay::next_hop_settings>& common);

} // namespace postseal::config
