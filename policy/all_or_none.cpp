// SPDX-License-Identifier: Apache-2.0
#include "policy/all_or_none.hpp"

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

// Sealed or not at all, whatever comes.
bool is_settled(const finding& about, const standing& where) {
    return is_never_clear(where, about) ||
           held_for_change(about, where.said.settings) != change_hold::none;
}

// In the end it may still be in clear: it waits here, or with the client, who tries again.
bool is_undecided(const decision& one, const finding& about, const standing& where) {
    const bool waits =
        one.treatment == treatment::held || (one.refusal && !one.refusal->permanent_failure());
    return waits && !is_settled(about, where);
}

finding finding_of(const std::vector<finding>& all, std::size_t recipient) {
    return recipient < all.size() ? all[recipient] : finding{};
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

void let_wait(decision& one, decider& by) {
    one.key.reset();
    one.key_source.clear();
    one.protection = {};
    one.change.reset();
    one.headers = message::profile::off;
    by.object(one, {one.recipient, obstacle::others_wait, fallback::hold, {}},
              "its rule seals for all or for none, and another recipient waits");
}

} // namespace

void settle_all_or_none(std::vector<decision>& decisions, const std::vector<standing>& standings,
                        const std::vector<std::optional<keys::finding>>& findings,
                        const smtp::envelope& envelope, bool unjudged, decider& by) {
    if (std::ranges::none_of(standings, is_one_of_all)) return;
    std::string in_clear;
    bool undecided = false;
    for (const auto& one : decisions) {
        const auto& where = standings[one.recipient];
        const auto& address = envelope.recipients[one.recipient].address;
        const auto about = finding_of(findings, one.recipient);
        if (in_clear.empty() && gets_it_in_clear(one, where)) in_clear = smtp::to_string(address);
        undecided = undecided || is_undecided(one, about, where);
    }
    for (auto& one : decisions) {
        const auto i = one.recipient;
        const bool open = one.treatment == treatment::sealed || one.treatment == treatment::held;
        if (one.refusal || !open || !is_one_of_all(standings[i])) continue;
        const auto about = finding_of(findings, i);
        const bool waits = one.treatment == treatment::held;
        if (is_never_clear(standings[i], about) || (waits && is_settled(about, standings[i])))
            continue;
        if (!in_clear.empty()) {
            give_clear(one, standings[i], "<" + in_clear + "> gets it in clear");
        } else if (unjudged) {
            give_clear(one, standings[i], "it has too many recipients elsewhere to judge them all");
        } else if (undecided && !waits) {
            let_wait(one, by);
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
