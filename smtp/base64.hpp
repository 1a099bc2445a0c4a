// SPDX-License-Identifier: Apache-2.0
// Base64 as AUTH carries it (RFC 4954 §4): one short line, no white space. (What mail bodies need
// is message/base64, which reads lines without end.)
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postseal::smtp {

/// Empty, or nothing but the alphabet and then at most two '='. Says nothing about the length: that
/// is for the server that decodes it to refuse.
[[nodiscard]] bool is_base64(std::string_view text);

/// Nothing for what is not base64 with its padding.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

} // namespace postseal::smtp
