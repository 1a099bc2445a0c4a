// SPDX-License-Identifier: Apache-2.0
#include "policy/standing.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>

namespace postseal::policy {

namespace {

// Whose mail is this? The header From says; several authors, and one of ours among them: ours. A
// From that nobody can read does not make a message foreign, or a broken header would be a way
// around every rule; then the envelope decides, and a null sender stays ours.
bool is_ours(const rule_set& rules, const smtp::envelope& envelope, const message::facts& facts) {
    if (facts.from.empty()) return !envelope.sender || is_local(rules, *envelope.sender);
    return std::any_of(facts.from.begin(), facts.from.end(),
                       [&](const smtp::mailbox& author) { return is_local(rules, author); });
}

// Why these settings do not want this message sealed; empty where they do.
std::string exemption(const exemptions& exempt, const smtp::envelope& envelope,
                      const message::facts& facts) {
    if (exempt.reports && facts.report) return "a report, which is exempt";
    if (exempt.reports && !envelope.sender) return "the null sender, which is exempt";
    if (exempt.invitations && facts.invitation) return "a calendar invitation, which is exempt";
    if (exempt.lists && facts.list) return "list mail, which is exempt";
    if (exempt.key_exchange && facts.key_exchange) return "a key exchange, which is exempt";
    return {};
}

// A recipient outside the local domains of a message that is ours, or was claimed or bound.
void stand(standing& one, const smtp::envelope& envelope, const message::facts& facts,
           const std::optional<waiting>& since) {
    const auto& settings = one.said.settings;
    const bool never = settings.encrypt == encrypt::never;
    auto take = [&](stance where, std::string why) {
        one.stance = where;
        one.reason = std::move(why);
    };

    // What a rule in force binds is bound for this recipient too.
    if (settings.mode == mode::observe && !one.bound && !since)
        return take(stance::observed, "its rule only observes");

    // Protected by the sender: `required` is satisfied, and twice sealed would help nobody.
    if (facts.protected_as == message::protection::encrypted) {
        const auto how = facts.reason.empty() ? "" : " (" + facts.reason + ")";
        return take(stance::clear, "already encrypted" + how);
    }
    // The administrator knows that this reader cannot decrypt. A binding rule does not change that:
    // neither an unreadable copy nor a clear one is right, so the sender is told.
    if (never && one.bound) {
        return take(stance::never_but_bound,
                    "its rule says never to seal, but the message must be sealed to everybody");
    }
    if (never) return take(stance::clear, "its rule says never to seal");

    const auto exempted = exemption(settings.exempt, envelope, facts);
    if (!one.bound && !exempted.empty()) return take(stance::clear, exempted);

    // A piece of a message: its reader could not put the pieces together from ciphertexts.
    if (facts.fragment && one.bound) {
        return take(stance::fragment_but_bound, "must be sealed, but a message/partial cannot be");
    }
    if (facts.fragment) return take(stance::clear, "a message/partial, which cannot be sealed");
    take(stance::needs_key, {});
}

} // namespace

bool binds_message(const standing& one) {
    return one.bound && one.said.settings.scope == scope::message;
}

namespace {

standing first_standing(const rule_set& rules, const circumstances& around, bool ours,
                        const smtp::mailbox& to, std::optional<bool> key_known) {
    standing one;
    one.key_known = key_known.value_or(false);
    one.said = evaluate(rules, around, {folded_address(to), key_known});
    if (is_local(rules, to)) {
        one.stance = stance::local;
        one.reason = "inside the local domains";
    } else if (!ours && !one.said.foreign) {
        one.stance = stance::not_ours;
        one.reason = "the header From is outside the local domains";
    } else {
        one.stance = stance::needs_key;
        one.bound = one.said.settings.encrypt == encrypt::required &&
                    one.said.settings.mode == mode::enforce;
    }
    return one;
}

bool may_bind(const rule_set& rules) {
    return rules.defaults.encrypt == encrypt::required || rules.rules.any_requires();
}

// Somebody in To or Cc who is not in this envelope has got the message in another transaction, or
// will: a queue tries again with those alone who are still owed theirs (RFC 2033). What binds the
// message must not be forgotten on the way.
bool is_bound_by_its_header(const rule_set& rules, const circumstances& around, bool ours,
                            const smtp::envelope& envelope) {
    if (!may_bind(rules)) return false;
    std::unordered_set<std::string> judged; // with what is known of their keys
    for (const auto& one : envelope.recipients)
        judged.insert(smtp::folded(one.address));
    return std::ranges::any_of(around.facts()->visible, [&](const smtp::mailbox& shown) {
        return !judged.contains(smtp::folded(shown)) &&
               binds_message(first_standing(rules, around, ours, shown, {}));
    });
}

} // namespace

std::optional<bool> key_known(const std::optional<keys::finding>& about) {
    if (!about || about->result == keys::outcome::temporary) return {};
    return about->result == keys::outcome::found;
}

std::vector<standing> survey(const rule_set& rules, const origin& over,
                             const smtp::envelope& envelope, const message::facts& facts,
                             const std::vector<std::optional<keys::finding>>& findings,
                             const std::optional<waiting>& since) {
    const circumstances around(over, envelope.sender, &facts);
    const bool ours = is_ours(rules, envelope, facts);
    std::vector<standing> all;
    all.reserve(envelope.recipients.size());

    const auto before = [&](std::size_t i) { return since ? since->of(i) : held_as{}; };
    // What does the rule for each recipient say? `required` of a rule that may not touch this
    // message binds nobody.
    // Nobody looks for the key of a local recipient.
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        const auto& to = envelope.recipients[i].address;
        const bool looked = i < findings.size() && !is_local(rules, to);
        auto known = looked ? key_known(findings[i]) : std::nullopt;
        // It waits for a key that was there: whoever takes that away again chooses no other rule.
        // But an administrator may have said meanwhile that there is none to be used.
        const bool opted_out = looked && findings[i] && findings[i]->opted_out;
        if (looked && before(i).key_was_known && !opted_out) known = true;
        all.push_back(first_standing(rules, around, ours, to, known));
    }

    // One who must be sealed to binds all who are outside, even in mail that is otherwise not ours:
    // a clear copy for anybody would give the content away.
    const bool everybody = std::ranges::any_of(all, binds_message) ||
                           is_bound_by_its_header(rules, around, ours, envelope);
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto& one = all[i];
        const auto promised = before(i).promise;
        if (one.stance == stance::local) continue;
        if (one.stance == stance::not_ours && !everybody && promised == promise::none) continue;
        one.bound = one.bound || everybody || promised == promise::required;
        one.not_clear = promised == promise::not_clear;
        stand(one, envelope, facts, since);
    }
    if (const auto& asked = rules.rules.requests(); asked && message::has_request(facts, *asked))
        for (auto& one : all)
            if (one.stance != stance::not_ours) one.said.settings.headers.asked = asked;
    return all;
}

} // namespace postseal::policy
