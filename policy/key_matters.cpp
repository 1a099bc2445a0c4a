// SPDX-License-Identifier: Apache-2.0
// When a lookup is worth its price: it costs time, and tells somebody who writes to whom.
#include "policy/plan.hpp"
#include "policy/standing.hpp"

#include <algorithm>

namespace postseal::policy {

namespace {

bool may_seal(const settings& settings) { return settings.encrypt != encrypt::never; }

// Is there any rule at all that would bind a whole message? Mostly not, and then one recipient's
// own rule is all there is to read.
bool rules_may_bind(const rule_set& rules) {
    return rules.defaults.encrypt == encrypt::required || rules.rules.any_requires();
}

// At RCPT the message is unknown, so a rule may still turn out to be the one. The first that is
// certain ends the search. Classes of mail are unknown too, but for one: the null sender. The
// connection is known already.
bool matters_before_data(const rule_set& rules, const circumstances& around,
                         const smtp::envelope& envelope, const addressee& whom) {
    const auto worth_it = [&](const settings& settings) {
        const bool exempt = settings.exempt.reports && !envelope.sender;
        return may_seal(settings) && settings.mode == mode::enforce &&
               (!exempt || settings.encrypt == encrypt::required);
    };
    for (const auto* candidate : rules.rules.candidates(around, whom)) {
        const auto matches = holds(candidate->match, around, whom);
        if (matches == truth::no || matches == truth::unknown) continue;
        if (worth_it(settings_under(rules, *candidate))) return true;
        if (matches == truth::yes) return false;
    }
    return worth_it(rules.defaults);
}

// Then no key changes what anybody gets, whichever rule it is.
bool only_observes(const rule_set& rules) {
    return rules.defaults.mode == mode::observe &&
           std::ranges::none_of(rules.rules,
                                [](const rule& one) { return one.set.mode == mode::enforce; });
}

// Which rule decides may hang on whether there is a key.
bool decides_the_rule(const rule_set& rules, const circumstances& around, const addressee& whom) {
    for (const auto* candidate : rules.rules.candidates(around, whom)) {
        const auto matches = holds(candidate->match, around, whom);
        if (matches == truth::yes) return false;
        if (matches != truth::no && asks_for_key(candidate->match)) return true;
    }
    return false;
}

// With a message that binds nobody, the others in the envelope change nothing for this one.
smtp::envelope just(const smtp::envelope& envelope, const smtp::mailbox& recipient) {
    return {envelope.sender, envelope.parameters, {{recipient, {}}}};
}

std::optional<waiting> just(const std::optional<waiting>& since, const smtp::envelope& envelope,
                            const smtp::mailbox& recipient) {
    if (!since) return since;
    const auto at = std::ranges::find(envelope.recipients, recipient, &smtp::recipient::address);
    const auto place = static_cast<std::size_t>(at - envelope.recipients.begin());
    return waiting{since->waited, {since->of(place)}};
}

bool needs_key(const standing& one) { return one.stance == stance::needs_key; }

} // namespace

bool key_matters(const rule_set& rules, const origin& over, const smtp::envelope& envelope,
                 const message::facts* facts, const smtp::mailbox& recipient,
                 const std::optional<waiting>& since) {
    if (is_local(rules, recipient)) return false;
    if (!since && only_observes(rules)) return false;
    const circumstances around(over, envelope.sender, facts);
    const addressee whom{folded_address(recipient), {}};
    if (facts == nullptr) return matters_before_data(rules, around, envelope, whom);
    if (decides_the_rule(rules, around, whom)) return true;

    const auto alone = survey(rules, over, just(envelope, recipient), *facts, {},
                              just(since, envelope, recipient));
    if (needs_key(alone.front())) return true;
    if (facts->protected_as == message::protection::encrypted || !rules_may_bind(rules)) {
        return false;
    }
    // Another recipient's key may show that a rule binds the message.
    if (rules.rules.any_asks_for_key()) return true;
    const auto all = survey(rules, over, envelope, *facts, {}, since);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (envelope.recipients[i].address == recipient) return needs_key(all[i]);
    }
    return false;
}

} // namespace postseal::policy
