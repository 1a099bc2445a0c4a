// SPDX-License-Identifier: Apache-2.0
// The listeners of postseal.yaml, and what keeps one from becoming an open relay by a slip.
#pragma once

#include "config/yaml.hpp"
#include "relay/settings.hpp"

#include <vector>

namespace postseal::config {

/// `listen:`, at least one, each with a name and an address of its own. Throws config::error.
[[nodiscard]] std::vector<relay::listener_settings> read_listeners(const source& from,
                                                                   const node& value);

} // namespace postseal::config
