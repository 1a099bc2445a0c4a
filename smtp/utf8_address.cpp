// SPDX-License-Identifier: Apache-2.0
#include "smtp/utf8_address.hpp"

#include "smtp/octets.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace postseal::smtp {

namespace {

constexpr std::string_view opening = "\\x{";

// HEXPOINT (RFC 6533 §3): a code point in hexadecimal digits, well-formed or nothing.
std::optional<std::uint32_t> read_code_point(std::string_view digits) {
    constexpr std::size_t most = 6;
    if (digits.size() < 2 || digits.size() > most) return std::nullopt;
    std::uint32_t point = 0;
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, point, 16);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return point;
}

// What is no character comes out as octets that are no UTF-8, and then the address is none.
void append_utf8(std::string& text, std::uint32_t point) {
    const auto tail = [&](unsigned shift) {
        text += static_cast<char>(0x80U | (point >> shift & 0x3FU));
    };
    if (point < 0x80) {
        text += static_cast<char>(point);
    } else if (point < 0x800) {
        text += static_cast<char>(0xC0U | point >> 6U);
        tail(0);
    } else if (point < 0x10000) {
        text += static_cast<char>(0xE0U | point >> 12U);
        tail(6);
        tail(0);
    } else {
        text += static_cast<char>(0xF0U | (point >> 18U & 0x0FU));
        tail(12);
        tail(6);
        tail(0);
    }
}

void append_escaped(std::string& text, std::uint32_t point) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string number;
    for (; point > 0 || number.size() < 2; point >>= 4U)
        number.insert(number.begin(), digits[point & 0xFU]);
    text += opening;
    text += number + '}';
}

} // namespace

std::string encode_utf8_address(std::string_view address) {
    std::string text;
    while (!address.empty()) {
        const auto length = printable_length(address);
        const char first = address.front();
        if (length == 0) {
            text += '?';
        } else if (is_graphic(first) && first != '+' && first != '=' && first != '\\') {
            text += first;
        } else {
            append_escaped(text, code_point(address.substr(0, length)));
        }
        address.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return text;
}

std::optional<std::string> decode_utf8_address(std::string_view text) {
    std::string address;
    while (!text.empty()) {
        if (text.front() != '\\') {
            address += text.front();
            text.remove_prefix(1);
            continue;
        }
        const auto closing = text.find('}');
        if (!text.starts_with(opening) || closing == std::string_view::npos) return std::nullopt;
        const auto point = read_code_point(text.substr(opening.size(), closing - opening.size()));
        if (!point || *point > 0x10FFFF) return std::nullopt;
        append_utf8(address, *point);
        text.remove_prefix(closing + 1);
    }
    if (!is_printable_utf8(address)) return std::nullopt;
    return address;
}

} // namespace postseal::smtp
