// SPDX-License-Identifier: Apache-2.0
// Patterns as administrators write them, for addresses, names of header fields and their texts.
#pragma once

#include <string_view>

namespace postseal::smtp {

/// '*' is any run of octets, also none; '?' is one octet; everything else is itself, whatever the
/// case of ASCII letters. Time is at most pattern × text, with no exponential blow-up; both are
/// bounded by whoever has them.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

} // namespace postseal::smtp
