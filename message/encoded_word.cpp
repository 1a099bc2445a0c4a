// SPDX-License-Identifier: Apache-2.0
#include "message/encoded_word.hpp"

#include "message/base64.hpp"
#include "message/character_set.hpp"
#include "message/token.hpp"

#include <algorithm>
#include <optional>

namespace postseal::message {

namespace {

constexpr std::string_view white_space = " \t\r\n";

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

// §4.2.
std::optional<std::string> decode_q(std::string_view text) {
    std::string octets;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '_') {
            octets += ' ';
        } else if (text[i] != '=') {
            octets += text[i];
        } else {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            octets += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return octets;
}

std::optional<std::string> decode_b(std::string_view text) {
    base64_reader reader;
    if (!reader.take(text) || !reader.complete()) return std::nullopt;
    return std::move(reader.binary);
}

struct encoded_word {
    std::string_view charset;
    char encoding;
    std::string octets; ///< in that character set
    std::string text;   ///< UTF-8
    std::size_t size;   ///< octets that it takes
};

// "=?" charset "?" encoding "?" text "?=" at the start of `text`.
std::optional<encoded_word> read_word(std::string_view text) {
    if (!text.starts_with("=?")) return std::nullopt;
    const auto charset_end = text.find('?', 2);
    if (charset_end == std::string_view::npos || charset_end + 2 >= text.size())
        return std::nullopt;
    if (text[charset_end + 2] != '?') return std::nullopt;
    const auto begin = charset_end + 3;
    // No further than to the next '?': a field of nothing but beginnings is read once.
    const auto end = text.find_first_of("?\r\n", begin);
    if (end == std::string_view::npos || !text.substr(end).starts_with("?=")) return std::nullopt;
    const auto inside = text.substr(begin, end - begin);
    const auto encoding = text[charset_end + 1];
    std::optional<std::string> octets;
    // Blanks must not stand there (§2), and readers take the word all the same.
    if (encoding == 'q' || encoding == 'Q') octets = decode_q(inside);
    if (encoding == 'b' || encoding == 'B') octets = decode_b(inside);
    if (!octets) return std::nullopt;
    const auto charset = text.substr(2, charset_end - 2);
    auto decoded = as_utf8(charset, *octets);
    if (!decoded) return std::nullopt;
    return encoded_word{charset, encoding, std::move(*octets), std::move(*decoded), end + 2};
}

// ---- writing

// Octets of the UTF-8 character that begins there; 0 where none does (RFC 3629).
std::size_t character_at(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    std::size_t size = 0;
    if (first < 0x80) size = 1;
    if (first >= 0xC2 && first < 0xE0) size = 2;
    if (first >= 0xE0 && first < 0xF0) size = 3;
    if (first >= 0xF0 && first < 0xF5) size = 4;
    if (size == 0 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    return size;
}

bool is_printable_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= ' ' && c < 0x7f) || c == '\t'; });
}

bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Whatever the encoding does not need for itself (§4.2): enough in a field of mere text.
bool may_stand_in_text(char c) { return c > ' ' && c < 0x7f && c != '=' && c != '?' && c != '_'; }

// Letters and digits alone go as they are: that is right in every kind of field (§5).
std::string encode_q(std::string_view octets, bool (*is_plain)(char) = is_letter_or_digit) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == ' ') {
            text += '_';
        } else if (is_plain(c)) {
            text += c;
        } else {
            text += {'=', digits[octet >> 4], digits[octet & 15]};
        }
    }
    return text;
}

std::string encode_b(std::string_view octets) {
    std::string text((octets.size() + 2) / 3 * 4, '\0');
    text.resize(encode_base64(octets, text.data()));
    return text;
}

// In the same encoding, so that it is no longer than before.
std::string write_like(const encoded_word& word, std::string_view octets) {
    if (octets.empty()) return {};
    const bool q = word.encoding == 'q' || word.encoding == 'Q';
    return "=?" + std::string{word.charset} + "?" + word.encoding + "?" +
           (q ? encode_q(octets, may_stand_in_text) : encode_b(octets)) + "?=";
}

} // namespace

std::string decode_words(std::string_view text) {
    std::string decoded;
    std::string gap; // white space behind an encoded word: none, if another one follows
    bool behind_word = false;
    while (!text.empty()) {
        if (const auto word = read_word(text)) {
            decoded += word->text;
            gap.clear();
            behind_word = true;
            text.remove_prefix(word->size);
            continue;
        }
        const char c = text.front();
        text.remove_prefix(1);
        if (behind_word && white_space.find(c) != std::string_view::npos) {
            gap += c;
            continue;
        }
        decoded += gap + c;
        gap.clear();
        behind_word = false;
    }
    return decoded + gap;
}

std::string rewrite_words(std::string_view text,
                          const std::function<std::string(std::string_view)>& change) {
    std::string written;
    while (!text.empty()) {
        const auto word = read_word(text);
        const auto size = word ? word->size : 1;
        const auto changed = word ? change(word->octets) : std::string{};
        if (!word || changed == word->octets) {
            written += text.substr(0, size);
        } else {
            written += write_like(*word, changed);
        }
        text.remove_prefix(size);
    }
    return written;
}

std::string encode_words(std::string_view text) {
    if (is_printable_ascii(text) && decode_words(text) == text) return std::string{text};
    constexpr std::string_view begin = "=?utf-8?Q?", end = "?=";
    constexpr std::size_t max_inside = 75 - begin.size() - end.size();
    std::string words;
    std::string inside;
    const auto finish = [&] {
        words += (words.empty() ? "" : "\r\n ") + std::string{begin} + inside + std::string{end};
        inside.clear();
    };
    while (!text.empty()) {
        const auto size = character_at(text);
        const auto encoded = size == 0 ? encode_q("?") : encode_q(text.substr(0, size));
        text.remove_prefix(std::max<std::size_t>(size, 1));
        if (inside.size() + encoded.size() > max_inside) finish();
        inside += encoded;
    }
    finish();
    return words;
}

} // namespace postseal::message
