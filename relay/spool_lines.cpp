// SPDX-License-Identifier: Apache-2.0
#include "relay/spool_lines.hpp"

#include "smtp/crc32c.hpp"
#include "smtp/octets.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace postseal::relay {

std::optional<std::chrono::sys_seconds> time(std::string_view text) {
    constexpr std::int64_t last = 253'402'300'799;
    const auto read = number<std::int64_t>(text);
    if (!read || *read < 0 || *read > last) return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::seconds(*read));
}

std::string words(std::string_view text, std::size_t most) {
    std::string safe;
    while (!text.empty()) {
        const auto length = smtp::printable_length(text);
        const auto piece = length == 0 ? std::string_view("?") : text.substr(0, length);
        if (safe.size() + piece.size() > most) break;
        safe += piece;
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return safe;
}

std::string checksum(std::string_view text) {
    std::array<char, 8> digits{};
    digits.fill('0');
    std::array<char, 8> written{};
    const auto end =
        std::to_chars(written.data(), written.data() + written.size(), smtp::crc32c(text), 16).ptr;
    std::copy_backward(written.data(), end, digits.data() + digits.size());
    return {digits.data(), digits.size()};
}

std::string_view take_word(std::string_view& text) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    return word;
}

std::string_view lines::take() {
    const auto end = rest_.find('\n');
    good_ = good_ && end != std::string_view::npos;
    if (!good_) return {};
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
}

std::string_view lines::take(std::string_view key) {
    auto line = take();
    good_ = good_ && line.starts_with(key) && line.substr(key.size()).starts_with(' ');
    return good_ ? line.substr(key.size() + 1) : std::string_view();
}

} // namespace postseal::relay
