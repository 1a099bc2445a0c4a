// SPDX-License-Identifier: Apache-2.0
// Rules that never decide, because one before them holds for everything that they hold for.
//
// Limits: max_effort of policy/coverage. A rule that only several others together leave nothing to
// is not found.
#pragma once

#include "policy/coverage.hpp"
#include "policy/rule_list.hpp"

#include <cstddef>
#include <vector>

namespace postseal::policy {

struct shadow {
    std::size_t rule; ///< never decides
    std::size_t by;   ///< the first that leaves nothing to it
};

struct shadows {
    std::vector<shadow> found; ///< in the order of the rules
    std::size_t looked_at = 0; ///< rules; fewer than there are where the effort did not reach
};

[[nodiscard]] shadows find_shadows(const rule_list& rules, std::size_t effort = max_effort);

} // namespace postseal::policy
