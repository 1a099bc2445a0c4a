// SPDX-License-Identifier: Apache-2.0
#include "message/preamble.hpp"

#include "smtp/octets.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace postseal::message {

namespace {

// Without the final full stop, which some write and some do not. '#' stands for digits: the RFC's
// number changes with the OpenPGP standard.
constexpr std::array<std::string_view, 13> notices{
    "This is an OpenPGP/MIME encrypted message (RFC # and #)",
    "This is an OpenPGP/MIME signed message (RFC # and #)",
    "This is a multi-part message in MIME format",
    "This is a multipart message in MIME format",
    "This is a MIME encoded message",
    "This is a MIME-encapsulated message",
    "This is a cryptographically signed message in MIME format",
    "This is an S/MIME signed message",
    "This message is in MIME format",
    "This message is in MIME format and has been PGP encrypted",
    "This message is in MIME format. Since your mail reader does not understand this format, some "
    "or all of this message may not be legible",
    "This is a MIME-formatted message. If you see this text it means that your E-mail software "
    "does not support MIME-formatted messages",
    "This is a message in Mime Format. If you see this, your mail reader does not support this "
    "format",
};

constexpr std::size_t longest_notice = 400;

// White space in runs of one, digits in runs of one '#', no final full stop.
std::string normalised(std::string_view text) {
    std::string plain;
    for (const char c : text) {
        const bool white = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        const char one = white ? ' ' : smtp::is_digit(c) ? '#' : c;
        const bool in_run = (white || one == '#') && plain.ends_with(one);
        if (!in_run && !(white && plain.empty())) plain += one;
    }
    if (plain.ends_with(' ')) plain.pop_back();
    if (plain.ends_with('.')) plain.pop_back();
    return plain;
}

} // namespace

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

bool is_known_preamble(std::string_view text) {
    if (is_blank(text)) return true;
    const auto start = text.find_first_not_of(" \t\r\n");
    text = text.substr(start, text.find_last_not_of(" \t\r\n") + 1 - start);
    if (text.size() > longest_notice) return false;
    return std::ranges::find(notices, normalised(text)) != notices.end();
}

} // namespace postseal::message
