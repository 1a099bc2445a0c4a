// SPDX-License-Identifier: Apache-2.0
// Text as a JSON string (RFC 8259 §7), quotes included.
#pragma once

#include <string>
#include <string_view>

namespace postseal::cli {

/// `text` is UTF-8.
[[nodiscard]] std::string json(std::string_view text);

} // namespace postseal::cli
