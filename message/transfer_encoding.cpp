// SPDX-License-Identifier: Apache-2.0
#include "message/transfer_encoding.hpp"

#include "message/base64.hpp"
#include "message/field_lexer.hpp"
#include "message/token.hpp"

#include <algorithm>

namespace postseal::message {

namespace {

// Quoted-printable takes three characters for an octet, and base64 less; line ends come on top.
constexpr std::size_t characters_an_octet = 4;

std::string_view take_line(std::string_view& text) {
    const auto newline = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, newline);
    text.remove_prefix(std::min(newline + 1, text.size()));
    return line;
}

// Transport may add white space to the end of a line (RFC 2045 §6.7, rule 3).
std::string_view without_white_end(std::string_view line) {
    return line.substr(0, line.find_last_not_of(" \t\r") + 1);
}

bool decode_base64(std::string_view text, std::string& octets) {
    base64_reader reader;
    bool valid = true;
    while (valid && !text.empty()) {
        const auto line = without_white_end(take_line(text));
        valid = line.empty() || reader.take(line);
    }
    octets = std::move(reader.binary);
    return valid && reader.complete();
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10; // not allowed, but often written
    return -1;
}

// One line without its end.
bool decode_escapes(std::string_view line, std::string& octets) {
    for (;;) {
        const auto escape = line.find('=');
        octets += line.substr(0, escape);
        if (escape == line.npos) return true;
        line.remove_prefix(escape + 1);
        if (line.size() < 2) return false;
        const int high = hex_digit(line[0]);
        const int low = hex_digit(line[1]);
        if (high < 0 || low < 0) return false;
        octets += static_cast<char>(high << 4 | low);
        line.remove_prefix(2);
    }
}

bool decode_quoted_printable(std::string_view text, std::string& octets) {
    while (!text.empty()) {
        const bool ended = text.find('\n') != text.npos;
        auto line = without_white_end(take_line(text));
        const bool soft = line.ends_with('=');
        if (soft) line.remove_suffix(1);
        if (!decode_escapes(line, octets)) return false;
        if (ended && !soft) octets += "\r\n";
    }
    return true;
}

} // namespace

transfer_encoding read_transfer_encoding(std::string_view body) {
    field_lexer lexer(body);
    lexer.skip_cfws();
    const auto name = lexer.take_until(" \t\r\n(");
    lexer.skip_cfws();
    if (!lexer.at_end() || lexer.broken()) return transfer_encoding::unknown;
    for (const std::string_view identity : {"7bit", "8bit", "binary"}) {
        if (same_token(name, identity)) return transfer_encoding::identity;
    }
    if (same_token(name, "quoted-printable")) return transfer_encoding::quoted_printable;
    if (same_token(name, "base64")) return transfer_encoding::base64;
    return transfer_encoding::unknown;
}

decoded_content decode(std::string_view leaf, transfer_encoding encoding, std::size_t limit) {
    decoded_content content;
    content.own_ = encoding != transfer_encoding::identity;
    if (!content.own_) {
        content.plain_ = leaf.substr(0, limit);
        content.whole_ = content.plain_.size() == leaf.size();
        return content;
    }

    const auto text = limit <= leaf.size() / characters_an_octet
                          ? leaf.substr(0, limit * characters_an_octet)
                          : leaf;
    bool valid = false;
    switch (encoding) {
    case transfer_encoding::quoted_printable:
        valid = decode_quoted_printable(text, content.decoded_);
        break;
    case transfer_encoding::base64: valid = decode_base64(text, content.decoded_); break;
    case transfer_encoding::identity:
    case transfer_encoding::unknown: break;
    }
    content.whole_ = valid && text.size() == leaf.size() && content.decoded_.size() <= limit;
    if (content.decoded_.size() > limit) content.decoded_.resize(limit);
    return content;
}

} // namespace postseal::message
