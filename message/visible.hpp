// SPDX-License-Identifier: Apache-2.0
// Text from outside (replies, addresses, parameters, header fields) made fit to stand in a message
// that we write and people read: it ends no line, starts no field, and shows what it says.
#pragma once

#include <string>
#include <string_view>

namespace postseal::message {

/// Printable UTF-8. '?' stands for each control character, each octet that is no UTF-8, and each
/// character that hides or turns around the text beside it (line separators, bidirectional
/// controls, zero width). A tab becomes a space.
[[nodiscard]] std::string visible(std::string_view text);

/// The same for where ASCII must do: '?' for every other character.
[[nodiscard]] std::string visible_ascii(std::string_view text);

} // namespace postseal::message
