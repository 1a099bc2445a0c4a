// SPDX-License-Identifier: Apache-2.0
#include "policy/shadows.hpp"

#include "smtp/mailbox.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>

namespace postseal::policy {

namespace {

// A bit for each kind of question, and for each field of the header. In a policy of thousands of
// rules that no table can file, most pairs are told apart by these.
using questions = std::uint64_t;

constexpr unsigned first_field = 20;
static_assert(std::variant_size_v<condition::kinds> <= first_field);

questions bit(std::size_t at) { return questions{1} << at; }

questions question_of(const condition& asked) {
    if (const auto* header = std::get_if<header_is>(&asked.asks)) {
        const auto name = std::hash<std::string>{}(smtp::ascii_lower(header->field));
        return bit(first_field + name % (64 - first_field));
    }
    return bit(asked.asks.index());
}

questions all_in(const condition& asked);

questions all_in(const conditions& each) {
    questions found = 0;
    for (const auto& one : each)
        found |= all_in(one);
    return found;
}

questions all_in(const condition& asked) {
    if (const auto* all = std::get_if<all_of>(&asked.asks)) return all_in(all->each);
    if (const auto* any = std::get_if<any_of>(&asked.asks)) return all_in(any->each);
    if (const auto* none = std::get_if<none_of>(&asked.asks)) return all_in(none->each);
    return question_of(asked);
}

// Those without whose answer it never holds: who is covered by it asks them too.
questions needed_by(const condition& asked) {
    const auto* all = std::get_if<all_of>(&asked.asks);
    if (all == nullptr) {
        const bool put_together = std::holds_alternative<any_of>(asked.asks) ||
                                  std::holds_alternative<none_of>(asked.asks);
        return put_together ? 0 : question_of(asked);
    }
    questions found = 0;
    for (const auto& one : all->each)
        found |= needed_by(one);
    return found;
}

} // namespace

shadows find_shadows(const rule_list& rules, std::size_t effort) {
    coverage covering(effort);
    shadows made;
    std::vector<questions> needed;
    for (; made.looked_at < rules.size(); ++made.looked_at) {
        const auto& match = rules[made.looked_at].match;
        const auto asked = all_in(match);
        std::optional<std::size_t> by;
        for (const auto before : rules.wider_before(made.looked_at)) {
            if ((needed[before] & ~asked) != 0) continue;
            if (!covering.covers(rules[before].match, match)) continue;
            by = before;
            break;
        }
        if (covering.is_exhausted()) break;
        if (by) made.found.push_back({made.looked_at, *by});
        needed.push_back(needed_by(match));
    }
    return made;
}

} // namespace postseal::policy
