// SPDX-License-Identifier: Apache-2.0
// xtext (RFC 3461 §4): how ENVID, ORCPT, AUTH= and XFORWARD carry octets that an SMTP line cannot.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postseal::smtp {

/// Everything but visible ASCII, and '+' and '=', as "+" and two hexadecimal digits.
[[nodiscard]] std::string encode_xtext(std::string_view octets);

/// Nothing for text that is not xtext. Takes hexadecimal digits of either case, as mail servers do.
[[nodiscard]] std::optional<std::string> decode_xtext(std::string_view text);

} // namespace postseal::smtp
