// SPDX-License-Identifier: Apache-2.0
#include "smtp/base64.hpp"

#include "smtp/octets.hpp"

#include <algorithm>
#include <cstdint>

namespace postseal::smtp {

namespace {

// 0 to 63, or -1.
int value_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (is_digit(c)) return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

std::string_view without_padding(std::string_view text) {
    for (int left = 2; left > 0 && text.ends_with('='); --left)
        text.remove_suffix(1);
    return text;
}

} // namespace

bool is_base64(std::string_view text) {
    if (text.starts_with('=')) return false;
    return std::ranges::all_of(without_padding(text), [](char c) { return value_of(c) >= 0; });
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0 || !is_base64(text)) return std::nullopt;
    std::string octets;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : without_padding(text)) {
        bits = bits << 6U | static_cast<std::uint32_t>(value_of(c));
        count += 6;
        if (count < 8) continue;
        count -= 8;
        octets += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xffU);
    }
    return octets;
}

} // namespace postseal::smtp
