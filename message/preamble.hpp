// SPDX-License-Identifier: Apache-2.0
// What stands outside the parts of a multipart (RFC 2046 §5.1.1). Readers do not show it, but it
// travels in clear: text that a person wrote there is content that nobody encrypted.
#pragma once

#include <string_view>

namespace postseal::message {

/// Nothing but white space.
[[nodiscard]] bool is_blank(std::string_view text);

/// Blank, or one of the notices that mail programs leave for readers without MIME.
[[nodiscard]] bool is_known_preamble(std::string_view text);

} // namespace postseal::message
