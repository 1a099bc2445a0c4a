// SPDX-License-Identifier: Apache-2.0
#include "config/review_key_of.hpp"

#include "config/lists.hpp"
#include "config/never_matching.hpp"
#include "policy/shadows.hpp"

#include <algorithm>
#include <string>

namespace postseal::config {

namespace {

std::string place_of(const written_entry& one, const written_entry& seen_from) {
    const auto line = std::to_string(one.one->at.line);
    if (one.from == seen_from.from) return "line " + line;
    return one.from->file().filename().string() + ":" + line;
}

} // namespace

void review_key_of(const std::vector<written_entry>& written, const policy::rule_set& policy,
                   std::size_t effort, remarks& found) {
    policy::address_set local;
    for (const auto& domain : policy.local_domains)
        local.add(domain);
    const auto& entries = policy.key_of.entries();
    for (std::size_t i = 0; i < written.size(); ++i) {
        const auto& [from, one] = written[i];
        if (is_bare_word(one->key)) continue; // the list's members are looked at where they stand
        if (const auto why = why_no_address(one->key))
            found.add(*from, one->at, "'" + one->key + "' matches no address: " + *why);
        const auto& whom = std::get<policy::to_is>(entries[i].match.asks).any_of.front();
        if (std::ranges::any_of(whom->patterns(),
                                [&](const auto& pattern) { return local.covers(pattern); }))
            found.add(*from, one->at,
                      "'" + one->key + "' is inside 'local_domains', where nothing is sealed");
    }
    const auto shadows = policy::find_shadows(entries, effort);
    for (const auto& [at, by] : shadows.found)
        found.add(*written[at].from, written[at].one->at,
                  "the entry never counts: '" + written[by].one->key + "' in " +
                      place_of(written[by], written[at]) + " matches all that it matches");
    if (shadows.looked_at < written.size())
        found.add(*written[shadows.looked_at].from, written[shadows.looked_at].one->at,
                  "there are too many entries and patterns: whether this one and those behind it "
                  "ever count was not looked at");
}

} // namespace postseal::config
