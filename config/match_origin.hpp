// SPDX-License-Identifier: Apache-2.0
// The conditions of a `match:` block that ask about the connection, and which of them can be known
// at all: that hangs on the listeners over which mail comes.
#pragma once

#include "config/mapping.hpp"
#include "config/match.hpp"

#include <string>
#include <vector>

namespace postseal::config {

/// Keys that read_origin() reads.
[[nodiscard]] const std::vector<std::string>& origin_keys();

/// Adds a condition for each that the block has. `listeners` are the names to which this block and
/// those around it are bound; none: all of them.
void read_origin(const source& from, const mapping& block, const match_context& known,
                 std::vector<std::string>& listeners, policy::conditions& into);

} // namespace postseal::config
