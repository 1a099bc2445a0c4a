// SPDX-License-Identifier: Apache-2.0
#include "config/review_key_of.hpp"

#include "config/lists.hpp"
#include "config/never_matching.hpp"
#include "policy/shadows.hpp"
#include "smtp/mailbox.hpp"

#include <algorithm>
#include <string>

namespace postseal::config {

namespace {

std::string place_of(const written_entry& one, const written_entry& seen_from) {
    const auto line = std::to_string(one.one->at.line);
    if (one.from == seen_from.from) return "line " + line;
    return one.from->file().filename().string() + ":" + line;
}

// What goes before an entry for one address without being wider: its pin, and what is written of
// user@ before an entry for user+tag@.
std::string why_passed_over(const std::vector<written_entry>& written, std::size_t entry,
                            const policy::rule_set& policy) {
    const auto& key = written[entry].one->key;
    if (key.find_first_of("*?") != std::string::npos) return {};
    const auto whom = smtp::parse_mailbox(key);
    if (!whom) return {};
    if (const auto pin = policy::pin_of(policy, *whom))
        return "'" + pin->name + "' has a pin, which goes before";
    const auto names = policy::names_of(policy, *whom);
    const bool is_reached = policy.key_of.first_for({names.front()}) == entry;
    const auto first = policy.key_of.first_for(names);
    if (!is_reached || !first || *first == entry) return {};
    return "'" + written[*first].one->key + "' in " + place_of(written[*first], written[entry]) +
           " goes for it, too, since 'keys.subaddressing' has its domain";
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
        if (const auto why = why_passed_over(written, i, policy); !why.empty())
            found.add(*from, one->at, "the entry never counts: " + why);
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
