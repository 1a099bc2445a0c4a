// SPDX-License-Identifier: Apache-2.0
#include "message/text_part.hpp"

#include "message/field_writer.hpp"
#include "smtp/octets.hpp"

#include <algorithm>
#include <cstddef>

namespace postseal::message {

namespace {

constexpr std::size_t max_encoded_line = 76; // RFC 2045 §6.7 (5), with the '=' of a soft break

bool is_text(char c) { return smtp::is_graphic(c) || c == ' '; }

// Only what 7bit means (RFC 2045 §2.7): every CR and LF is part of a line end.
bool has_plain_lines(std::string_view text) {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find("\r\n"));
        if (line.size() > max_line || !std::ranges::all_of(line, is_text)) return false;
        text.remove_prefix(std::min(line.size() + 2, text.size()));
    }
    return true;
}

std::string encoded(char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto octet = static_cast<unsigned char>(c);
    return {'=', digits[octet >> 4U], digits[octet & 0xFU]};
}

} // namespace

std::string text_part(std::string_view media_type, std::string_view text,
                      std::string_view boundary) {
    // No text from outside can close the part early: "=" is encoded, and a boundary begins with it.
    const bool plain = has_plain_lines(text) && text.find(boundary) == text.npos;
    std::string part = "Content-Type: ";
    part += media_type;
    part += plain ? "; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
                  : "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
    part += plain ? std::string(text) : encode_quoted_printable(text);
    return part;
}

std::string encode_quoted_printable(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    while (!text.empty()) {
        if (text.starts_with("\r\n")) {
            out += "\r\n";
            column = 0;
            text.remove_prefix(2);
            continue;
        }
        const char c = text.front();
        text.remove_prefix(1);
        const bool line_ends = text.empty() || text.starts_with("\r\n");
        // White space at the end of a line would be lost on the way.
        const bool literal = is_text(c) && c != '=' && !(c == ' ' && line_ends);
        const auto unit = literal ? std::string(1, c) : encoded(c);
        const std::size_t room = line_ends ? max_encoded_line : max_encoded_line - 1;
        if (column + unit.size() > room) {
            out += "=\r\n";
            column = 0;
        }
        out += unit;
        column += unit.size();
    }
    return out;
}

} // namespace postseal::message
