// SPDX-License-Identifier: Apache-2.0
// The character classes of the SMTP grammar (RFC 5321 §4.1.2, RFC 6531 §3.3), free of locales.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postseal::smtp {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_letter_or_digit(char c) { return is_letter(c) || is_digit(c); }
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

/// Visible ASCII, no space.
constexpr bool is_graphic(char c) { return c > 0x20 && c < 0x7f; }

/// May stand in an unquoted local part (atext of RFC 5322 §3.2.3; beyond ASCII by RFC 6531).
constexpr bool is_atext(char c) {
    constexpr std::string_view marks = "!#$%&'*+-/=?^_`{|}~";
    return is_letter_or_digit(c) || !is_ascii(c) || marks.find(c) != std::string_view::npos;
}

constexpr bool all_ascii(std::string_view text) { return std::ranges::all_of(text, is_ascii); }

/// Octets of the character at the start of `text`, where it is one that is_printable_utf8 lets
/// pass; else 0.
std::size_t printable_length(std::string_view text);

/// The code point of one character of well-formed UTF-8; `character` is not empty.
std::uint32_t code_point(std::string_view character);

/// Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates) without control characters,
/// neither those of ASCII nor U+0080 to U+009F.
bool is_printable_utf8(std::string_view text);

} // namespace postseal::smtp
