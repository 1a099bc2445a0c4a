// SPDX-License-Identifier: Apache-2.0
// What was probably meant: the word among those allowed that is nearest to a mistyped one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::config {

/// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// "; did you mean 'listen'?" or nothing where no word is near.
[[nodiscard]] std::string did_you_mean(std::string_view written,
                                       const std::vector<std::string>& allowed);

/// "never, opportunistic, required"
[[nodiscard]] std::string joined(const std::vector<std::string>& words);

} // namespace postseal::config
