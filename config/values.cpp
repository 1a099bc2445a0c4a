// SPDX-License-Identifier: Apache-2.0
#include "config/values.hpp"

#include "smtp/mailbox.hpp"

#include <algorithm>
#include <charconv>

namespace postseal::config {

namespace {

constexpr std::size_t max_text = 4096;
constexpr std::size_t max_note = 200; // a reply line is 512 octets (RFC 5321 §4.5.3.1.5)

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_alphanumeric(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Digits and nothing else; takes them from the front of `text`. Nothing where they are too many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

// Null where the unit is none of the table's.
template<std::size_t Size>
const std::uint64_t* factor_of(std::string_view unit,
                               const std::pair<std::string_view, std::uint64_t> (&table)[Size]) {
    for (const auto& [known, factor] : table) {
        if (known == unit) return &factor;
    }
    return nullptr;
}

constexpr std::pair<std::string_view, std::uint64_t> duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

constexpr std::pair<std::string_view, std::uint64_t> size_units[] = {
    {"", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}};

template<std::size_t Size>
std::optional<std::uint64_t>
parse_quantity(std::string_view text,
               const std::pair<std::string_view, std::uint64_t> (&units)[Size]) {
    const auto number = take_number(text);
    const auto* factor = factor_of(text, units);
    if (!number || factor == nullptr) return std::nullopt;
    // Far from overflow, and more than any setting allows.
    if (*number > std::numeric_limits<std::int64_t>::max() / *factor) return std::nullopt;
    return *number * *factor;
}

std::string shown(std::chrono::milliseconds duration) {
    const auto count = duration.count();
    return count % 1000 == 0 ? std::to_string(count / 1000) + "s" : std::to_string(count) + "ms";
}

std::string shown(std::uint64_t octets) {
    for (auto unit = std::rbegin(size_units); unit != std::rend(size_units); ++unit) {
        if (octets >= unit->second && octets % unit->second == 0) {
            return std::to_string(octets / unit->second) + std::string{unit->first};
        }
    }
    return std::to_string(octets);
}

template<class Value>
void require_within(const source& from, const node& value, Value read, Value least, Value most,
                    const std::string& range) {
    if (read < least || read > most) {
        from.fail(value.at, "'" + value.text + "' must be within " + range);
    }
}

} // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const auto quantity = parse_quantity(text, duration_units);
    if (!quantity) return std::nullopt;
    return std::chrono::milliseconds{*quantity};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    return parse_quantity(text, size_units);
}

std::optional<relay::endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto host = text.substr(0, colon);
    auto digits = text.substr(colon + 1);
    const auto port = take_number(digits);
    if (!port || !digits.empty() || *port == 0 || *port > 65535) return std::nullopt;

    // A colon in the host is IPv6, and only brackets say where the port begins.
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
    if (!is_ip_address(host) && (bracketed || !is_host_name(host))) return std::nullopt;
    return relay::endpoint{std::string{host}, static_cast<std::uint16_t>(*port)};
}

bool is_ip_address(std::string_view text) {
    return text.find('/') == std::string_view::npos && smtp::parse_ip_network(text).has_value();
}

bool is_host_name(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    while (true) {
        const auto label = text.substr(0, text.find('.'));
        const bool valid = !label.empty() && label.size() <= 63 && label.front() != '-' &&
                           label.back() != '-' &&
                           std::all_of(label.begin(), label.end(),
                                       [](char c) { return is_alphanumeric(c) || c == '-'; });
        if (!valid) return false;
        if (label.size() == text.size()) {
            // "1.2.3.400" is a mistyped address, and no top-level domain is a number.
            return !std::all_of(label.begin(), label.end(), is_digit);
        }
        text.remove_prefix(label.size() + 1);
    }
}

std::string read_text(const source& from, const node& value) {
    if (value.kind == node::kind::empty) from.fail(value.at, "has no value");
    if (value.kind != node::kind::scalar) from.fail(value.at, "must be a single value");
    if (value.text.empty()) from.fail(value.at, "is empty");
    if (value.text.size() > max_text) from.fail(value.at, "is too long");
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::any_of(value.text.begin(), value.text.end(), control)) {
        from.fail(value.at, "contains a line end or another control character");
    }
    return value.text;
}

std::string read_note(const source& from, const node& value) {
    auto line = value;
    if (line.text.ends_with('\n')) line.text.pop_back(); // as a text below '>' ends
    auto text = read_text(from, line);
    if (text.size() > max_note) {
        from.fail(value.at, "is longer than " + std::to_string(max_note) + " characters");
    }
    const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (!std::all_of(text.begin(), text.end(), ascii)) {
        from.fail(value.at, "must be ASCII, because it becomes part of an SMTP reply");
    }
    return text;
}

bool read_switch(const source& from, const node& value) {
    // Words of an older YAML, in which they were switches too.
    for (const auto& [other, meant] : {std::pair{"yes", "true"}, std::pair{"on", "true"},
                                       std::pair{"no", "false"}, std::pair{"off", "false"}})
        if (smtp::equal_ignoring_case(value.text, other))
            from.fail(value.at,
                      "'" + value.text + "' is none of true, false; did you mean '" + meant + "'?");
    return word_of<bool>({{"true", true}, {"false", false}})(from, value);
}

std::filesystem::path read_path(const source& from, const node& value) {
    return from.resolve(read_text(from, value));
}

relay::endpoint read_endpoint(const source& from, const node& value) {
    const auto written = read_text(from, value);
    if (auto read = parse_endpoint(written)) return *read;
    from.fail(value.at, "'" + written + "' is no address with a port, such as 127.0.0.1:10025 or " +
                            "[::1]:10025");
}

smtp::ip_network read_network(const source& from, const node& value) {
    const auto written = read_text(from, value);
    if (auto read = smtp::parse_ip_network(written)) return *read;
    from.fail(value.at, "'" + written + "' is no network, such as 10.0.0.0/8, fd00::/8 or one " +
                            "address; the bits behind the prefix must be zero");
}

std::size_t read_count(const source& from, const node& value, std::size_t least, std::size_t most) {
    const auto written = read_text(from, value);
    std::string_view rest = written;
    const auto number = take_number(rest);
    const auto range = std::to_string(least) + " to " + std::to_string(most);
    if (!number || !rest.empty()) {
        from.fail(value.at, "'" + written + "' is no whole number (" + range + ")");
    }
    require_within<std::uint64_t>(from, value, *number, least, most, range);
    return static_cast<std::size_t>(*number);
}

std::uint64_t read_size(const source& from, const node& value, std::uint64_t least,
                        std::uint64_t most) {
    const auto written = read_text(from, value);
    const auto octets = parse_size(written);
    if (!octets) {
        from.fail(value.at, "'" + written + "' is no size; write 50MiB, 64KiB, 1GiB or octets");
    }
    require_within(from, value, *octets, least, most, shown(least) + " to " + shown(most));
    return *octets;
}

std::chrono::milliseconds read_duration(const source& from, const node& value,
                                        std::chrono::milliseconds least,
                                        std::chrono::milliseconds most) {
    const auto written = read_text(from, value);
    const auto duration = parse_duration(written);
    if (!duration) {
        from.fail(value.at, "'" + written + "' is no duration; write 500ms, 5s, 2m or 1h");
    }
    require_within(from, value, *duration, least, most, shown(least) + " to " + shown(most));
    return *duration;
}

} // namespace postseal::config
