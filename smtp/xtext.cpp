// SPDX-License-Identifier: Apache-2.0
#include "smtp/xtext.hpp"

#include "smtp/octets.hpp"

namespace postseal::smtp {

namespace {

constexpr std::string_view digits = "0123456789ABCDEF";

int value_of(char c) {
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    const auto at = digits.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

} // namespace

std::string encode_xtext(std::string_view octets) {
    std::string text;
    text.reserve(octets.size());
    for (const char c : octets) {
        if (is_graphic(c) && c != '+' && c != '=') {
            text += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        text += '+';
        text += digits[octet >> 4U];
        text += digits[octet & 0xfU];
    }
    return text;
}

std::optional<std::string> decode_xtext(std::string_view text) {
    std::string octets;
    octets.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_graphic(text[i]) || text[i] == '=') return std::nullopt;
        if (text[i] != '+') {
            octets += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int high = value_of(text[i + 1]);
        const int low = value_of(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        octets += static_cast<char>(high << 4 | low);
        i += 2;
    }
    return octets;
}

} // namespace postseal::smtp
