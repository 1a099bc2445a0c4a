// SPDX-License-Identifier: Apache-2.0
#include "config/header_profiles.hpp"

#include "config/mapping.hpp"
#include "config/values.hpp"
#include "message/own_profile.hpp"
#include "smtp/mailbox.hpp"

#include <set>
#include <string_view>
#include <vector>

namespace postseal::config {

namespace {

using message::profile;

constexpr std::size_t max_name = 64;
constexpr std::size_t max_patterns = 1000; // of one profile: each is held against each field

const std::vector<std::pair<std::string, profile>>& ours() {
    static const std::vector<std::pair<std::string, profile>> table{
        {"off", profile::off}, {"standard", profile::standard}, {"strict", profile::strict}};
    return table;
}

bool is_profile_name(std::string_view text) {
    return !text.empty() && text.size() <= max_name &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") ==
               std::string_view::npos;
}

bool has_wildcard(std::string_view pattern) {
    return pattern.find_first_of("*?") != std::string_view::npos;
}

// The name of a field (RFC 5322 §3.6.8), perhaps with '*' and '?'.
std::string read_pattern(const source& from, const node& value) {
    auto written = read_text(from, value);
    for (const char c : written)
        if (c <= ' ' || c >= 0x7F || c == ':')
            from.fail(value.at, "'" + written +
                                    "' is no name of a header field: printable ASCII without "
                                    "spaces and ':', and '*' and '?' as in other patterns");
    return written;
}

void refuse_keep(const source& from, const node& value, const std::string& pattern) {
    if (message::always_goes(pattern))
        from.fail(value.at, "'" + pattern + "' cannot be kept: blind recipients stay blind");
}

void refuse_removal(const source& from, const node& value, const std::string& pattern) {
    if (!has_wildcard(pattern) && message::is_protected(pattern))
        from.fail(value.at, "'" + pattern +
                                "' cannot be removed: mail needs it to be accepted, answered, "
                                "sorted, or kept from looping");
}

void refuse_normal_form(const source& from, const node& value, const std::string& pattern) {
    if (!message::names_a_normal_form(pattern))
        from.fail(value.at, "'" + pattern +
                                "' has no normal form; Date, Resent-Date and MIME-Version have "
                                "one");
}

// One of the three lists. What stands in two of them, its author cannot have meant.
template<class Refuse>
std::vector<std::string> read_patterns(const mapping& block, const std::string& key,
                                       std::set<std::string>& seen, Refuse refuse) {
    const auto read = [&](const source& file, const node& value) {
        auto pattern = read_pattern(file, value);
        refuse(file, value, pattern);
        if (!seen.insert(smtp::ascii_lower(pattern)).second)
            file.fail(value.at, "'" + pattern + "' is named a second time in this profile");
        return pattern;
    };
    std::vector<std::string> patterns;
    block.take(key, patterns, some_of(read));
    return patterns;
}

std::shared_ptr<const message::own_profile> read_profile(const source& from, const entry& one) {
    const mapping block(from, one.value, "a header profile",
                        {"from", "keep", "remove", "normalise"});
    auto made = std::make_shared<message::own_profile>();
    made->name = one.key;
    made->from = word_of(ours())(from, block.need("from", "off, standard or strict, from which it "
                                                          "starts"));
    std::set<std::string> seen;
    made->keep = read_patterns(block, "keep", seen, refuse_keep);
    made->remove = read_patterns(block, "remove", seen, refuse_removal);
    made->normalise = read_patterns(block, "normalise", seen, refuse_normal_form);
    if (seen.size() > max_patterns)
        from.fail(one.at, "'" + one.key + "' has more than 1000 patterns");
    return made;
}

} // namespace

void header_profiles::read(const source& from, const node& profiles) {
    if (profiles.kind != node::kind::map)
        from.fail(profiles.at, "'header_profiles' must hold 'name: { from: ... }' pairs");
    for (const auto& one : profiles.entries) {
        if (!is_profile_name(one.key))
            from.fail(one.at, "'" + one.key +
                                  "' is no name for a header profile: small letters, digits, '-' "
                                  "and '_'");
        for (const auto& [word, meant] : ours())
            if (one.key == word)
                from.fail(one.at, "'" + one.key +
                                      "' is one of postseal's own profiles; choose "
                                      "another name");
        if (own_.contains(one.key))
            from.fail(one.at, "another file has a header profile '" + one.key + "' already");
        if (one.value.kind == node::kind::empty)
            from.fail(one.at, "'" + one.key + "' has no value");
        own_.emplace(one.key, read_profile(from, one));
    }
}

message::chosen_profile header_profiles::choose(const source& from, const node& value) const {
    const auto written = read_text(from, value);
    std::vector<std::string> words;
    for (const auto& [word, meant] : ours()) {
        if (word == written) return meant;
        words.push_back(word);
    }
    if (const auto own = own_.find(written); own != own_.end())
        return message::chosen_profile(own->second);
    for (const auto& [name, profile] : own_)
        words.push_back(name);
    from.fail(value.at,
              "'" + written + "' is none of " + joined(words) + did_you_mean(written, words));
}

} // namespace postseal::config
