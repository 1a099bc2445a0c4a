// SPDX-License-Identifier: Apache-2.0
// Of two patterns: does one match all that the other matches, and is there nothing that both match?
// For whoever reads a policy, not for mail. "Yes" is certain; where it is hard to tell, the answer
// is no.
#pragma once

#include <string_view>

namespace postseal::policy {

/// Globs as glob_matches has them.
[[nodiscard]] bool glob_covers(std::string_view wide, std::string_view narrow);
[[nodiscard]] bool globs_are_apart(std::string_view a, std::string_view b);

/// Of addresses and domains, as address_matches has them.
[[nodiscard]] bool pattern_covers(std::string_view wide, std::string_view narrow);
[[nodiscard]] bool patterns_are_apart(std::string_view a, std::string_view b);

} // namespace postseal::policy
