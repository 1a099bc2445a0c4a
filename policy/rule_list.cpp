// SPDX-License-Identifier: Apache-2.0
#include "policy/rule_list.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace postseal::policy {

namespace {

// A rule for a long list is held against everybody: one look into the list's own table costs less
// than an entry here for each of its addresses.
constexpr std::size_t max_filed_names = 16;

// The condition of this kind that has to hold whatever else is asked.
template<class Kind>
const Kind* asked_of_all(const condition& asked) {
    if (const auto* one = std::get_if<Kind>(&asked.asks)) return one;
    const auto* all = std::get_if<all_of>(&asked.asks);
    if (all == nullptr) return nullptr;
    for (const auto& part : all->each)
        if (const auto* found = asked_of_all<Kind>(part)) return found;
    return nullptr;
}

// Few names, and no pattern among them: then who is not named does not match.
template<class Kind>
bool can_be_filed(const Kind* asked) {
    if (asked == nullptr) return false;
    std::size_t names = 0;
    for (const auto& set : asked->any_of) {
        if (!set->globs().empty()) return false;
        names += set->patterns().size();
    }
    return names <= max_filed_names;
}

} // namespace

rule_list::rule_list(std::initializer_list<rule> rules) {
    for (const auto& one : rules)
        push_back(one);
}

void rule_list::push_back(rule one) {
    const auto at = static_cast<std::uint32_t>(rules_.size());
    const auto* to = asked_of_all<to_is>(one.match);
    const auto* from = asked_of_all<from_is>(one.match);
    if (can_be_filed(to)) {
        file_under(by_recipient_, to->any_of, at);
    } else {
        for_all_recipients_.push_back(at);
        if (can_be_filed(from)) {
            file_under(by_sender_, from->any_of, at);
        } else {
            for_everybody_.push_back(at);
        }
    }
    any_asks_for_key_ = any_asks_for_key_ || asks_for_key(one.match);
    any_requires_ = any_requires_ || one.set.encrypt == encrypt::required;
    rules_.push_back(std::move(one));
}

void rule_list::file_under(table& into, const std::vector<addresses>& any_of, std::uint32_t at) {
    for (const auto& set : any_of) {
        for (std::string_view name : set->patterns()) {
            if (name.starts_with("*@")) name.remove_prefix(2);
            auto& there = into[std::string{name}];
            if (there.empty() || there.back() != at) there.push_back(at);
        }
    }
}

// Before the message has come, any rule about senders may turn out to hold for an author.
std::vector<const rule*> rule_list::candidates(const circumstances& around,
                                               const addressee& whom) const {
    places named;
    const auto add = [&named](const table& from, std::string_view name) {
        const auto there = from.find(std::string{name});
        if (there == from.end()) return;
        named.insert(named.end(), there->second.begin(), there->second.end());
    };
    add(by_recipient_, whom.address.whole());
    add(by_recipient_, whom.address.domain());
    const bool all_senders = around.facts() == nullptr;
    for (const auto& sender : around.senders()) {
        if (all_senders) break;
        add(by_sender_, sender.whole());
        add(by_sender_, sender.domain());
    }
    std::ranges::sort(named);

    places found;
    const auto& always = all_senders ? for_all_recipients_ : for_everybody_;
    found.reserve(always.size() + named.size());
    std::ranges::set_union(always, named, std::back_inserter(found));
    const auto repeated = std::ranges::unique(found);
    found.erase(repeated.begin(), repeated.end());

    std::vector<const rule*> rules;
    rules.reserve(found.size());
    for (const auto at : found)
        rules.push_back(&rules_[at]);
    return rules;
}

} // namespace postseal::policy
