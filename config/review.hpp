// SPDX-License-Identifier: Apache-2.0
// A policy that has been loaded, read a second time for what can never count: rules behind others
// that leave nothing to them, lists that no rule names, conditions that exclude each other,
// patterns that nothing is like, settings that have no say. For `postseal check`; nobody who relays
// mail pays for it.
#pragma once

#include "config/error.hpp"
#include "config/settings.hpp"
#include "policy/coverage.hpp"

#include <cstddef>
#include <vector>

namespace postseal::config {

/// What it finds, each as an error would be told, with "warning: " before it; nobody throws them.
/// In the order of the files. `effort` is as policy::coverage has it, for conditions and for the
/// order of rules each. Throws config::error where a file has become another one since.
[[nodiscard]] std::vector<error> review(const settings& read,
                                        std::size_t effort = policy::max_effort);

} // namespace postseal::config
