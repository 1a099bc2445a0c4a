// SPDX-License-Identifier: Apache-2.0
// Patterns that are well written and that nothing in the world is like. Many another that never
// matches is not found.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postseal::config {

/// Of a pattern or an expression for addresses or domains: why no address is like it.
[[nodiscard]] std::optional<std::string> why_no_address(std::string_view pattern);

/// Of a pattern for the text of a header field.
[[nodiscard]] std::optional<std::string> why_no_text(std::string_view pattern);

} // namespace postseal::config
