// SPDX-License-Identifier: Apache-2.0
// What the lines of a spool entry are made of: words from tables, numbers, times, what was said;
// and a reader that takes one line after the other. Values only.
#pragma once

#include <charconv>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace postseal::relay {

/// Of a table of words and what they mean; empty where it is not there.
template<class Names, class Value>
std::string_view name_of(const Names& table, Value value) {
    for (const auto& [name, meant] : table)
        if (meant == value) return name;
    return {};
}

template<class Names>
auto value_of(const Names& table, std::string_view name) {
    std::optional<decltype(table[0].second)> found;
    for (const auto& [known, meant] : table)
        if (known == name) found.emplace(meant);
    return found;
}

template<class Number>
std::optional<Number> number(std::string_view text) {
    Number read{};
    const auto* const end = text.data() + text.size();
    const auto done = std::from_chars(text.data(), end, read);
    if (text.empty() || done.ec != std::errc() || done.ptr != end) return std::nullopt;
    return read;
}

/// Seconds since 1970, until the year 9999: arithmetic with them never overflows.
[[nodiscard]] std::optional<std::chrono::sys_seconds> time(std::string_view text);

/// What can stand on a line, whoever said it; what is longer is cut.
[[nodiscard]] std::string words(std::string_view text, std::size_t most);

/// CRC-32C, in eight hexadecimal digits.
[[nodiscard]] std::string checksum(std::string_view text);

/// The first word, which is taken from the text with the space behind it.
[[nodiscard]] std::string_view take_word(std::string_view& text);

/// Goes through the text line by line. Once something is not as it should be, all that follows is
/// nothing.
class lines {
  public:
    explicit lines(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] bool next_begins_with(std::string_view word) const {
        return rest_.starts_with(word);
    }

    std::string_view take();
    /// `key value`
    std::string_view take(std::string_view key);

    template<class Target, class Value>
    void keep(Target& target, const std::optional<Value>& read) {
        good_ = good_ && read.has_value();
        if (good_) target = *read;
    }

  private:
    std::string_view rest_;
    bool good_ = true;
};

} // namespace postseal::relay
