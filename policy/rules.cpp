// SPDX-License-Identifier: Apache-2.0
#include "policy/rules.hpp"

#include "smtp/glob.hpp"
#include "smtp/subaddress.hpp"

#include <algorithm>
#include <vector>

namespace postseal::policy {

namespace {

template<class Value>
void take(Value& setting, const std::optional<Value>& said) {
    if (said) setting = *said;
}

} // namespace

// The bare postmaster (RFC 5321 §4.1.1.3) is the postmaster here: no domain is a local domain.
bool is_local(const rule_set& rules, const smtp::mailbox& address) {
    if (address.domain.empty()) return true;
    return std::any_of(
        rules.local_domains.begin(), rules.local_domains.end(),
        [&](const std::string& domain) { return smtp::glob_matches(domain, address.domain); });
}

std::vector<folded_address> names_of(const rule_set& rules, const smtp::mailbox& recipient) {
    std::vector<folded_address> names{folded_address(recipient)};
    const auto base = smtp::without_detail(recipient);
    if (base && std::ranges::count(rules.subaddressing, names.front().domain()) > 0)
        names.emplace_back(*base);
    return names;
}

std::optional<pinned_name> pin_of(const rule_set& rules, const smtp::mailbox& recipient) {
    for (const auto& name : names_of(rules, recipient)) {
        const auto pin = rules.pins.find(std::string(name.whole()));
        if (pin != rules.pins.end()) return pinned_name{pin->first, pin->second};
    }
    return std::nullopt;
}

std::optional<smtp::mailbox> key_owner(const rule_set& rules, const smtp::mailbox& recipient) {
    if (pin_of(rules, recipient)) return std::nullopt;
    const auto names = names_of(rules, recipient);
    const auto first = rules.key_of.first_for(names);
    if (!first) return std::nullopt;
    const auto& owner = rules.key_of.owner(*first);
    const folded_address whose(owner);
    const auto is_own = [&](const folded_address& name) { return name.whole() == whose.whole(); };
    if (std::ranges::any_of(names, is_own)) return std::nullopt;
    return owner;
}

settings settings_under(const rule_set& rules, const rule& chosen) {
    auto result = rules.defaults;
    const auto& said = chosen.set;
    take(result.mode, said.mode);
    take(result.encrypt, said.encrypt);
    take(result.without_key, said.without_key);
    take(result.lookup_failed, said.lookup_failed);
    take(result.unusable_key, said.unusable_key);
    take(result.hold_for, said.hold_for);
    take(result.then, said.then);
    take(result.key_change, said.key_change);
    take(result.sources, said.sources);
    take(result.scope, said.scope);
    take(result.blind, said.blind);
    take(result.archive, said.archive);
    take(result.headers.fields, said.headers);
    take(result.headers.date, said.date);
    take(result.headers.message_id, said.message_id);
    take(result.headers.dkim, said.dkim);
    take(result.header_protection.policy, said.header_protection);
    take(result.header_protection.subject, said.subject);
    take(result.exempt.reports, said.exempt_reports);
    take(result.exempt.invitations, said.exempt_invitations);
    take(result.exempt.lists, said.exempt_lists);
    take(result.exempt.key_exchange, said.exempt_key_exchange);
    take(result.min_strength.rsa, said.min_rsa);
    take(result.min_strength.elgamal, said.min_elgamal);
    take(result.min_strength.curves, said.min_curves);
    take(result.note, said.note);
    return result;
}

bool observes(const rule_set& rules) {
    if (rules.defaults.mode == mode::observe) return true;
    return std::any_of(rules.rules.begin(), rules.rules.end(),
                       [](const rule& one) { return one.set.mode == mode::observe; });
}

rule_set in_force(rule_set rules) {
    rules.defaults.mode = mode::enforce;
    rule_list all;
    for (auto one : rules.rules) {
        one.set.mode.reset();
        all.push_back(std::move(one));
    }
    rules.rules = std::move(all);
    return rules;
}

verdict evaluate(const rule_set& rules, const circumstances& around, const addressee& whom) {
    for (const auto* candidate : rules.rules.candidates(around, whom)) {
        if (holds(candidate->match, around, whom) != truth::yes) continue;
        return {settings_under(rules, *candidate), candidate->name,
                candidate->set.foreign.value_or(false)};
    }
    return {rules.defaults, "defaults", false};
}

} // namespace postseal::policy
