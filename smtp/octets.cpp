// SPDX-License-Identifier: Apache-2.0
#include "smtp/octets.hpp"

namespace postseal::smtp {

namespace {

// Octets of the character that starts with `lead`; 0 where none does.
std::size_t length_of(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return 2;
    if (lead >= 0xe0 && lead <= 0xef) return 3;
    if (lead >= 0xf0 && lead <= 0xf4) return 4;
    return 0;
}

bool is_printable(std::uint32_t point, std::size_t length) {
    if (point < 0x20 || (point >= 0x7f && point < 0xa0)) return false;
    if (point >= 0xd800 && point <= 0xdfff) return false;
    if (point > 0x10ffff) return false;
    return !(length == 3 && point < 0x800) && !(length == 4 && point < 0x10000);
}

} // namespace

std::size_t printable_length(std::string_view text) {
    if (text.empty()) return 0;
    const auto length = length_of(static_cast<unsigned char>(text.front()));
    if (length == 0 || length > text.size()) return 0;
    const auto octets = text.substr(0, length);
    for (const char c : octets.substr(1))
        if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) return 0;
    return is_printable(code_point(octets), length) ? length : 0;
}

std::uint32_t code_point(std::string_view character) {
    const auto lead = static_cast<unsigned char>(character.front());
    if (character.size() == 1) return lead;
    std::uint32_t point = lead & (0x7fU >> character.size());
    for (const char c : character.substr(1))
        point = point << 6U | (static_cast<unsigned char>(c) & 0x3fU);
    return point;
}

bool is_printable_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto length = printable_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

} // namespace postseal::smtp
