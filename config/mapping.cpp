// SPDX-License-Identifier: Apache-2.0
#include "config/mapping.hpp"

#include "config/suggest.hpp"

#include <algorithm>
#include <cassert>

namespace postseal::config {

namespace {

bool contains(const std::vector<std::string>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// "{encrypt:required}" is one word to YAML.
std::string missing_blank(std::string_view written, const std::vector<std::string>& known) {
    const auto colon = written.find(':');
    if (colon == std::string_view::npos || !contains(known, written.substr(0, colon))) return {};
    return "a blank is missing after the ':' in '" + std::string{written} + "'";
}

} // namespace

mapping::mapping(const source& from, const node& map, std::string name,
                 std::vector<std::string> known)
    : from_(from), map_(map), name_(std::move(name)), known_(std::move(known)) {
    if (map.kind != node::kind::map) {
        if (const auto mistake = missing_blank(map.text, known_); !mistake.empty())
            from.fail(map.at, mistake);
        from.fail(map.at, name_ + " must hold 'key: value' pairs; it knows " + joined(known_));
    }
    for (const auto& one : map.entries) {
        if (contains(known_, one.key)) continue;
        if (const auto mistake = missing_blank(one.key, known_); !mistake.empty())
            from.fail(one.at, mistake);
        auto hint = did_you_mean(one.key, known_);
        if (hint.empty()) hint = "; it knows " + joined(known_);
        from.fail(one.at, "unknown key '" + one.key + "' in " + name_ + hint);
    }
}

const node* mapping::find(std::string_view key) const {
    assert(contains(known_, key));
    for (const auto& one : map_.entries) {
        if (one.key != key) continue;
        if (one.value.kind == node::kind::empty) {
            from_.fail(one.at, "'" + one.key + "' has no value");
        }
        return &one.value;
    }
    return nullptr;
}

const node& mapping::need(std::string_view key, std::string_view why) const {
    if (const auto* value = find(key)) return *value;
    from_.fail(map_.at,
               "'" + std::string{key} + "' is missing in " + name_ + ": " + std::string{why});
}

} // namespace postseal::config
