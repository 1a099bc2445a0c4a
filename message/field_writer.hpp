// SPDX-License-Identifier: Apache-2.0
// Writes header fields, and the fields of reports that look like them, within the line limits of
// RFC 5322 §2.1.1.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postseal::message {

inline constexpr std::size_t max_line = 998;  ///< octets of a line without its CRLF
inline constexpr std::size_t usual_line = 78; ///< where a line is folded if it can be

/// "Name: value" and CRLF, folded between words. `value` is visible() text; runs of spaces become
/// one. A word that no line holds is folded within. Nothing at all for a value without words.
[[nodiscard]] std::string write_field(std::string_view name, std::string_view value);

} // namespace postseal::message
