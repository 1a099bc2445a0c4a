// SPDX-License-Identifier: Apache-2.0
#include "config/match_requests.hpp"

#include "config/values.hpp"
#include "message/own_profile.hpp"
#include "message/token.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace postseal::config {

namespace {

constexpr std::size_t min_tag = 2;
constexpr std::size_t max_tag = 40;
constexpr std::size_t max_name = 100;

bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_printable(char c) { return c > ' ' && c < 0x7f; }

std::string read_tag(const source& from, const node& value) {
    auto tag = read_text(from, value);
    const bool fits = tag.size() >= min_tag && tag.size() <= max_tag;
    const auto may_stand_inside = [](char c) { return c == ' ' || is_printable(c); };
    if (!fits || !std::ranges::all_of(tag, may_stand_inside) || tag.front() == ' ' ||
        tag.back() == ' ' || tag.find("  ") != std::string::npos)
        from.fail(value.at, "'" + tag +
                                "' cannot be a tag: that is 2 to 40 characters of ASCII, with "
                                "single spaces inside at the most, such as \"[seal]\"");
    if (is_letter_or_digit(tag.front()) || is_letter_or_digit(tag.back()))
        from.fail(value.at, "'" + tag +
                                "' may be a part of any subject, and would be cut out of it; a tag "
                                "begins and ends with another character than a letter or digit, "
                                "such as \"[seal]\" or \"#seal#\"");
    return tag;
}

std::string read_word(const source& from, const node& value) {
    auto word = read_text(from, value);
    if (word.empty() || !std::ranges::all_of(word, is_printable))
        from.fail(value.at, "'" + word + "' must be one word of ASCII, such as 'required'");
    return word;
}

bool is_own_field(std::string_view name) {
    return name.size() > 2 && name.size() <= max_name &&
           message::same_token(name.substr(0, 2), "X-") &&
           std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

} // namespace

policy::tag_is read_tags(const source& from, const node& value) {
    return {some_of(read_tag)(from, value)};
}

void read_requests(const source& from, const node& value, policy::conditions& into) {
    if (value.kind != node::kind::map || value.entries.empty())
        from.fail(value.at,
                  "'request' must hold 'X-Name: word' pairs, such as { X-Seal: required }");
    for (const auto& one : value.entries) {
        if (!is_own_field(one.key))
            from.fail(one.at, "'" + one.key +
                                  "' cannot be a request: its fields are taken out of the mail, so "
                                  "their names begin with 'X-', such as 'X-Seal'; 'header' asks "
                                  "for any field and leaves it there");
        if (message::is_protected(one.key))
            from.fail(one.at, "'" + one.key +
                                  "' cannot be a request: mail needs that field, and it would be "
                                  "taken out");
        into.push_back({policy::request_is{one.key, some_of(read_word)(from, one.value)}});
    }
}

} // namespace postseal::config
