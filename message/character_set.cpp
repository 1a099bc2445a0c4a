// SPDX-License-Identifier: Apache-2.0
#include "message/character_set.hpp"

#include "message/token.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace postseal::message {

namespace {

// Of Windows-1252, 0x80 to 0x9F, where ISO 8859-1 has controls; 0 where it has nothing.
constexpr std::array<std::uint16_t, 32> windows_letters{
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

constexpr std::array<std::string_view, 4> utf8{"utf-8", "utf8", "csutf8", "unicode-1-1-utf-8"};

// Everybody reads the first as the second (WHATWG, Encoding), and names both in many ways.
constexpr std::array<std::string_view, 10> western{
    "iso-8859-1", "iso8859-1", "iso_8859-1", "iso_8859-1:1987", "latin1",
    "l1",         "cp819",     "ibm819",     "windows-1252",    "cp1252"};

constexpr std::array<std::string_view, 12> without_ascii{
    "utf-16*", "utf16*", "utf-32*",           "utf32*",  "iso-10646*", "ucs-*",
    "utf-7*",  "utf7*",  "unicode-1-1-utf-7", "ebcdic*", "ibm037",     "ibm500"};

template<class Names>
bool is_one_of(std::string_view charset, const Names& names) {
    return std::ranges::any_of(names, [&](auto name) { return token_matches(charset, name); });
}

void append_character(std::string& to, std::uint32_t point) {
    if (point < 0x80) {
        to += static_cast<char>(point);
    } else if (point < 0x800) {
        to += static_cast<char>(0xC0 | point >> 6);
        to += static_cast<char>(0x80 | (point & 0x3F));
    } else {
        to += static_cast<char>(0xE0 | point >> 12);
        to += static_cast<char>(0x80 | (point >> 6 & 0x3F));
        to += static_cast<char>(0x80 | (point & 0x3F));
    }
}

std::string from_one_octet_each(std::string_view octets) {
    std::string text;
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        const bool windows = octet >= 0x80 && octet < 0xA0;
        const std::uint32_t point = windows ? windows_letters[octet - 0x80] : octet;
        append_character(text, point == 0 && octet != 0 ? '?' : point);
    }
    return text;
}

char ascii_of(char c) { return static_cast<unsigned char>(c) < 0x80 ? c : '?'; }

// ISO-2022-JP (RFC 1468) and its like: escape sequences say what the octets behind them are.
std::string from_escapes(std::string_view octets) {
    constexpr char escape = 0x1B, shift_out = 0x0E, shift_in = 0x0F;
    std::string text;
    bool ascii = true;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const char c = octets[i];
        if (c == escape) {
            const auto begin = i + 1;
            while (i + 1 < octets.size() && octets[i + 1] >= 0x20 && octets[i + 1] < 0x30)
                ++i;
            i = std::min(i + 1, octets.size() - 1);
            const auto sequence = octets.substr(std::min(begin, i), i - std::min(begin, i) + 1);
            ascii = sequence == "(B" || sequence == "(J"; // the second has a yen sign for '\\'
        } else if (c == shift_out || c == shift_in) {
            ascii = c == shift_in;
        } else {
            text += ascii || c == '\r' || c == '\n' ? ascii_of(c) : '?';
        }
    }
    return text;
}

} // namespace

std::optional<std::string> as_utf8(std::string_view charset, std::string_view octets) {
    charset = charset.substr(0, charset.find('*')); // RFC 2231 §5: a language behind it
    if (is_one_of(charset, utf8)) return std::string{octets};
    if (is_one_of(charset, western)) return from_one_octet_each(octets);
    if (is_one_of(charset, without_ascii)) return std::nullopt;
    if (token_matches(charset, "iso-2022-*")) return from_escapes(octets);
    std::string text{octets};
    std::ranges::transform(text, text.begin(), ascii_of);
    return text;
}

} // namespace postseal::message
