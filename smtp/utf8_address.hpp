// SPDX-License-Identifier: Apache-2.0
// Addresses of type utf-8 (RFC 6533 §3) as ASCII carries them: ORCPT=utf-8;… on its way in, and the
// recipient fields of a delivery status notification on their way out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postseal::smtp {

/// utf-8-addr-xtext: `\x{…}` for everything that is not visible ASCII, and for '+', '=' and '\'.
/// What is no printable UTF-8 becomes '?'.
[[nodiscard]] std::string encode_utf8_address(std::string_view address);

/// utf-8-addr-xtext or utf-8-addr-unitext. Nothing where it is neither, or says what is no
/// printable UTF-8.
[[nodiscard]] std::optional<std::string> decode_utf8_address(std::string_view text);

} // namespace postseal::smtp
