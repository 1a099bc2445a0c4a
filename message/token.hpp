// SPDX-License-Identifier: Apache-2.0
// Field names and other tokens of a header section compare without regard to ASCII case (RFC 5322
// §1.2.2), whatever the locale.
#pragma once

#include <string_view>

namespace postseal::message {

[[nodiscard]] bool same_token(std::string_view a, std::string_view b);

/// `pattern` is a token; a '*' at its end stands for any rest, an empty one included.
[[nodiscard]] bool token_matches(std::string_view token, std::string_view pattern);

} // namespace postseal::message
