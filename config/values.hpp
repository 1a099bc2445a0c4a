// SPDX-License-Identifier: Apache-2.0
// How single values are written: durations, sizes, words, addresses, paths. A reader takes a node
// and returns the value, or says at its place what is wrong and how it should look.
#pragma once

#include "config/suggest.hpp"
#include "config/yaml.hpp"
#include "relay/settings.hpp"
#include "smtp/ip_network.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postseal::config {

/// "500ms", "5s", "2m", "1h": a whole number and its unit.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "50MiB", "1GiB", "64KiB", or plain octets. Not "50MB", which means two things.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

/// "127.0.0.1:25", "[::1]:25", "mail.example.org:25"; the port is 1 to 65535.
[[nodiscard]] std::optional<relay::endpoint> parse_endpoint(std::string_view text);

/// Letters, digits, hyphens and dots, labels as in RFC 1123 §2.1.
[[nodiscard]] bool is_host_name(std::string_view text);

[[nodiscard]] bool is_ip_address(std::string_view text);

/// Text on one line without control characters.
[[nodiscard]] std::string read_text(const source& from, const node& value);

/// Text that fits into an SMTP reply: printable ASCII, not long.
[[nodiscard]] std::string read_note(const source& from, const node& value);

[[nodiscard]] bool read_switch(const source& from, const node& value);
[[nodiscard]] std::filesystem::path read_path(const source& from, const node& value);
[[nodiscard]] relay::endpoint read_endpoint(const source& from, const node& value);
[[nodiscard]] smtp::ip_network read_network(const source& from, const node& value);

/// A whole number within bounds.
[[nodiscard]] std::size_t read_count(const source& from, const node& value, std::size_t least,
                                     std::size_t most);
[[nodiscard]] std::uint64_t read_size(const source& from, const node& value, std::uint64_t least,
                                      std::uint64_t most);
[[nodiscard]] std::chrono::milliseconds read_duration(const source& from, const node& value,
                                                      std::chrono::milliseconds least,
                                                      std::chrono::milliseconds most);

// Readers with their bounds, for mapping::take.
[[nodiscard]] inline auto count_within(std::size_t least, std::size_t most) {
    return
        [=](const source& from, const node& value) { return read_count(from, value, least, most); };
}
[[nodiscard]] inline auto size_within(std::uint64_t least, std::uint64_t most) {
    return
        [=](const source& from, const node& value) { return read_size(from, value, least, most); };
}
/// `Unit` is what the setting counts in: a duration that it cannot say is refused by its bounds.
template<class Unit>
[[nodiscard]] auto duration_within(Unit least, Unit most) {
    return [=](const source& from, const node& value) {
        const auto read = read_duration(from, value, least, most);
        const auto whole = std::chrono::duration_cast<Unit>(read);
        if (whole != read) from.fail(value.at, "must be whole seconds, such as 30s");
        return whole;
    };
}

/// A word out of a table; the mistake lists all of them.
template<class Value>
[[nodiscard]] auto word_of(std::vector<std::pair<std::string, Value>> table) {
    return [table = std::move(table)](const source& from, const node& value) -> Value {
        const auto written = read_text(from, value);
        std::vector<std::string> words;
        for (const auto& [word, meant] : table) {
            if (word == written) return meant;
            words.push_back(word);
        }
        from.fail(value.at,
                  "'" + written + "' is none of " + joined(words) + did_you_mean(written, words));
    };
}

/// A list, each item read by `read`. An empty one is refused: what it would mean is a guess.
template<class Read>
[[nodiscard]] auto list_of(Read read) {
    return [=](const source& from, const node& value) {
        if (value.kind != node::kind::list) from.fail(value.at, "must be a list: [one, two]");
        if (value.items.empty()) from.fail(value.at, "the list is empty");
        std::vector<decltype(read(from, value))> items;
        items.reserve(value.items.size());
        for (const auto& item : value.items) {
            items.push_back(read(from, item));
        }
        return items;
    };
}

/// One, or a list of them.
template<class Read>
[[nodiscard]] auto some_of(Read read) {
    return [=](const source& from, const node& value) {
        if (value.kind == node::kind::list) return list_of(read)(from, value);
        std::vector<decltype(read(from, value))> one;
        one.push_back(read(from, value));
        return one;
    };
}

} // namespace postseal::config
