// SPDX-License-Identifier: Apache-2.0
#include "message/visible.hpp"

#include "smtp/octets.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace postseal::message {

namespace {

enum class alphabet { ascii, utf8 };

bool is_deceptive(std::uint32_t point) {
    return (point >= 0x200B && point <= 0x200F) || // zero width, left-to-right and right-to-left
           (point >= 0x2028 && point <= 0x202E) || // separators, bidirectional embedding
           (point >= 0x2060 && point <= 0x206F) || // invisible operators, bidirectional isolates
           point == 0x061C || point == 0xFEFF;
}

std::string make_visible(std::string_view text, alphabet wanted) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto length = smtp::printable_length(text);
        const bool foreign = length > 1 && wanted == alphabet::ascii;
        if (text.front() == '\t') {
            out += ' ';
        } else if (length == 0 || foreign || is_deceptive(smtp::code_point(text.substr(0, length))))
            out += '?';
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

} // namespace

std::string visible(std::string_view text) { return make_visible(text, alphabet::utf8); }

std::string visible_ascii(std::string_view text) { return make_visible(text, alphabet::ascii); }

} // namespace postseal::message
