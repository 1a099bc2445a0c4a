// SPDX-License-Identifier: Apache-2.0
#include "policy/all_or_none.hpp"

#include "policy/decider.hpp"

#include <algorithm>
#include <unordered_set>

namespace postseal::policy {

namespace {

// Who is bound gets it sealed or not at all, whatever the others get.
bool is_one_of_all(const standing& one) {
    return one.stance == stance::needs_key && !one.bound &&
           one.said.settings.encrypt == encrypt::all_or_none;
}

// Who is refused is no reader: nobody is protected by leaving the others' copies in clear.
bool gets_it_in_clear(const decision& one, const standing& where) {
    if (where.stance == stance::local || one.refusal) return false;
    switch (one.treatment) {
    case treatment::untouched:
    case treatment::cleaned: return true;
    case treatment::sealed:
    case treatment::held: return false;
    }
    return true;
}

// In the end it may still be in clear.
bool is_undecided(const decision& one, const standing& where) {
    return one.treatment == treatment::held && !where.bound;
}

// What keeps it from leaving in clear, beside `required` and pins.
bool must_wait(const finding& about, const standing& where) {
    return held_for_change(about, where.said.settings) != change_hold::none;
}

void give_clear(decision& one, const standing& where, const std::string& because) {
    one.key.reset();
    one.key_source.clear();
    one.protection = {};
    one.change.reset();
    one.waits.reset();
    send_clear(one, where.said.settings.headers);
    one.reason = "its rule seals for all or for none, and " + because;
}

void let_wait(decision& one, const smtp::envelope& envelope) {
    one.key.reset();
    one.key_source.clear();
    one.protection = {};
    one.change.reset();
    one.headers = message::profile::off;
    one.treatment = treatment::held;
    one.waits = why_held(envelope, {one.recipient, obstacle::others_wait, fallback::hold, {}});
    one.reason = "held: its rule seals for all or for none, and another recipient is held";
}

} // namespace

void settle_all_or_none(std::vector<decision>& decisions, const std::vector<standing>& standings,
                        const std::vector<std::optional<keys::finding>>& findings,
                        const smtp::envelope& envelope, bool unjudged) {
    if (std::ranges::none_of(standings, is_one_of_all)) return;
    std::string in_clear;
    bool undecided = false;
    for (const auto& one : decisions) {
        const auto& where = standings[one.recipient];
        const auto& address = envelope.recipients[one.recipient].address;
        if (in_clear.empty() && gets_it_in_clear(one, where)) in_clear = smtp::to_string(address);
        undecided = undecided || is_undecided(one, where);
    }
    for (auto& one : decisions) {
        const auto i = one.recipient;
        const bool open = one.treatment == treatment::sealed || one.treatment == treatment::held;
        if (one.refusal || !open || !is_one_of_all(standings[i])) continue;
        const auto& about = i < findings.size() ? findings[i] : finding{};
        const bool waits = one.treatment == treatment::held;
        if (is_pinned(about) || (waits && must_wait(about, standings[i]))) continue;
        if (!in_clear.empty()) {
            give_clear(one, standings[i], "<" + in_clear + "> gets it in clear");
        } else if (unjudged) {
            give_clear(one, standings[i], "it has too many recipients elsewhere to judge them all");
        } else if (undecided && !waits) {
            let_wait(one, envelope);
        }
    }
}

std::vector<smtp::mailbox> also_judged(const rule_set& rules, const smtp::envelope& envelope,
                                       const message::facts& facts, const occasion& now) {
    const bool asked =
        rules.defaults.encrypt == encrypt::all_or_none || rules.rules.any_seals_all_or_none();
    if (!asked || now.replies == answering::as_one) return {};
    std::unordered_set<std::string> known;
    for (const auto& one : envelope.recipients)
        known.insert(smtp::folded(one.address));
    std::vector<smtp::mailbox> others;
    for (const auto& shown : facts.visible) {
        if (others.size() > max_also_judged) break;
        if (is_local(rules, shown) || !known.insert(smtp::folded(shown)).second) continue;
        others.push_back(shown);
    }
    return others;
}

} // namespace postseal::policy
