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

bool has_wildcard(std::string_view text) {
    return text.find_first_of("*?") != std::string_view::npos;
}

// Under what a pattern is filed, so that whom it matches is found there: a whole address, a domain,
// or a domain's end with its dot. Empty: under none of them.
std::string_view place_of(std::string_view pattern) {
    if (!has_wildcard(pattern) && pattern.find('@') != std::string_view::npos) return pattern;
    const auto at = pattern.rfind('@');
    const auto domain = at == std::string_view::npos ? pattern : pattern.substr(at + 1);
    if (!has_wildcard(domain)) return domain;
    const auto below = domain.substr(1);
    return domain.starts_with("*.") && !has_wildcard(below) ? below : std::string_view{};
}

template<class Kind>
bool can_be_filed(const Kind* asked) {
    if (asked == nullptr) return false;
    std::size_t names = 0;
    for (const auto& set : asked->any_of) {
        if (!set->expressions().empty()) return false;
        names += set->patterns().size();
        if (names > max_filed_names) return false;
        if (std::ranges::any_of(set->patterns(),
                                [](const auto& one) { return place_of(one).empty(); }))
            return false;
    }
    return true;
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
    any_seals_all_or_none_ = any_seals_all_or_none_ || one.set.encrypt == encrypt::all_or_none;
    note_requests(one.match);
    rules_.push_back(std::move(one));
}

// Copies of the list share what there is, until one of them gets another rule.
void rule_list::note_requests(const condition& asked) {
    message::requests found;
    collect_requests(asked, found);
    if (found.empty()) return;
    if (!requests_) requests_ = std::make_shared<message::requests>();
    if (requests_.use_count() > 1) requests_ = std::make_shared<message::requests>(*requests_);
    collect_requests(asked, *requests_);
}

void rule_list::file_under(table& into, const std::vector<addresses>& any_of, std::uint32_t at) {
    for (const auto& set : any_of) {
        for (const auto& pattern : set->patterns()) {
            auto& there = into[std::string{place_of(pattern)}];
            if (there.empty() || there.back() != at) there.push_back(at);
        }
    }
}

void rule_list::add_filed(places& to, const table& from, std::string_view whole,
                          std::string_view domain) {
    const auto add = [&](std::string_view name) {
        const auto there = from.find(std::string{name});
        if (there != from.end()) to.insert(to.end(), there->second.begin(), there->second.end());
    };
    add(whole);
    add(domain);
    for (auto dot = domain.find('.'); dot != std::string_view::npos;
         dot = domain.find('.', dot + 1))
        add(domain.substr(dot));
}

// Before the message has come, any rule about senders may turn out to hold for an author.
std::vector<const rule*> rule_list::candidates(const circumstances& around,
                                               const addressee& whom) const {
    places named;
    add_filed(named, by_recipient_, whom.address.whole(), whom.address.domain());
    const bool all_senders = around.facts() == nullptr;
    if (!all_senders)
        for (const auto& sender : around.senders())
            add_filed(named, by_sender_, sender.whole(), sender.domain());
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

// Who covers a rule covers each pattern of it, so the first will do: what is filed where its
// addresses are looked for is found as for them. An expression is covered by nothing that is filed.
std::vector<std::size_t> rule_list::wider_before(std::size_t at) const {
    places found;
    const auto add_covering = [&](const table& from, const auto* asked) {
        if (asked == nullptr || asked->any_of.empty() || asked->any_of.front()->patterns().empty())
            return;
        const std::string_view pattern = asked->any_of.front()->patterns().front();
        const auto domain = pattern.substr(pattern.rfind('@') + 1); // npos + 1: all of it
        add_filed(found, from, pattern, domain);
    };
    add_covering(by_recipient_, asked_of_all<to_is>(rules_[at].match));
    add_covering(by_sender_, asked_of_all<from_is>(rules_[at].match));
    found.insert(found.end(), for_everybody_.begin(), std::ranges::lower_bound(for_everybody_, at));
    std::ranges::sort(found);
    const auto repeated = std::ranges::unique(found);
    return {found.begin(), std::ranges::lower_bound(found.begin(), repeated.begin(), at)};
}

} // namespace postseal::policy
