// SPDX-License-Identifier: Apache-2.0
// How a message becomes a plan. For each recipient, the first line that applies:
//
//   inside the local domains                    clear, never sealed to
//   header From is foreign, no rule claims it   untouched; `required` binds only what is claimed
//   mode: observe                               untouched; what would be done is somebody else's
//                                               question: the same rules in_force(). A rule that is
//                                               in force binds this recipient all the same
//   already encrypted                           clear, and `required` is satisfied
//   encrypt: never                              clear; refused where the message is bound
//   exempt class of mail                        clear, unless bound
//   message/partial                             clear; refused where bound
//   opted out of sealed mail                    clear, whatever key is known; refused where bound
//   key found, and key_change: hold             held where it is another one than before, or where
//                                               nobody can say (the key store cannot be read)
//   key found                                   sealed; refused to a blind one by blind: reject
//   key found, but by none of `sources`         as one that is not known: the others were not asked
//   key found, but below min_strength           as an unusable one
//   key absent, unusable, or not known          without_key, unusable_key, lookup_failed:
//                                               send (clear), hold, defer (451), reject (550);
//                                               `send` never applies to who is bound, or has a
//                                               pinned key
//
// Where nobody ever knew a key and only a keyserver could not be asked (finding::retry_in), who is
// not bound is written to as if there were none, if without_key says `send`: a third party's limits
// must not hold up the house's mail.
//
// Bound is whom a `required` rule matches, and with `scope: message`, which is the default, every
// other recipient outside the local domains too, also where the one who binds stands in To or Cc
// alone. One refused recipient refuses the whole message: nobody gets it, and the reply says why.
// Where each recipient has a reply of its own (LMTP), it is refused to that recipient alone, unless
// `scope: message` binds everybody: then nobody gets it. Whoever is held keeps nobody from theirs:
// nothing of it will leave in clear.
//
// A held message is planned again for those who wait: each for themselves, and after `hold_for`
// with what `then` says in place of hold (never in clear for another key, for the bound, for a
// pin, nor where it was held for one of these: policy::promise).
//
// Then what hangs on the others: all-or-none (policy/all_or_none), and who is inside. Clear is
// `cleaned` or, with `headers: off`, `untouched`. Where nothing changes for anybody outside,
// nothing changes for the local recipients either, and the message passes bit for bit; else they
// share the clear copy of the others.
#include "policy/plan.hpp"

#include "policy/all_or_none.hpp"
#include "policy/decider.hpp"
#include "policy/grouping.hpp"
#include "policy/refusal.hpp"
#include "policy/standing.hpp"

#include <algorithm>

namespace postseal::policy {

namespace {

// Colleagues inside get the clear copy that the outside gets: first the one with their own profile,
// else the first there is; and where the others are all sealed, their own.
void settle_local(std::vector<decision>& decisions, const std::vector<standing>& standings) {
    std::vector<const decision*> clear_outside;
    bool changes = false;
    for (const auto& one : decisions) {
        if (standings[one.recipient].stance == stance::local || one.refusal) continue;
        changes = changes || one.treatment != treatment::untouched;
        if (one.treatment == treatment::untouched || one.treatment == treatment::cleaned)
            clear_outside.push_back(&one);
    }
    for (auto& one : decisions) {
        if (standings[one.recipient].stance != stance::local) continue;
        auto headers = changes ? one.headers : message::cleaning{message::profile::off};
        const auto same =
            std::any_of(clear_outside.begin(), clear_outside.end(),
                        [&](const decision* other) { return other->headers == headers; });
        if (!same && !clear_outside.empty()) headers = clear_outside.front()->headers;
        send_clear(one, headers);
    }
}

// One copy as it came for each archive that the rule of somebody outside names, once: when the
// message comes. Whoever is a recipient anyhow, and gets it in clear, needs no second one.
std::vector<delivery> copies_for_archives(const smtp::envelope& envelope,
                                          const std::vector<decision>& decisions,
                                          const std::vector<standing>& standings) {
    std::vector<delivery> copies;
    for (const auto& one : decisions) {
        const auto& where = standings[one.recipient];
        const auto& archive = where.said.settings.archive;
        if (!archive || one.refusal) continue;
        if (where.stance == stance::local || where.stance == stance::not_ours ||
            where.stance == stance::observed)
            continue;
        const auto is_there = [&](const auto& known) {
            return smtp::folded(known) == smtp::folded(*archive);
        };
        const bool copied = std::ranges::any_of(
            copies, [&](const delivery& made) { return is_there(*made.archive); });
        const bool addressed = std::ranges::any_of(
            envelope.recipients, [&](const auto& to) { return is_there(to.address); });
        if (copied || addressed) continue;
        delivery copy;
        copy.archive = archive;
        copies.push_back(std::move(copy));
    }
    return copies;
}

void refuse_those(std::vector<decision>& decisions, const smtp::envelope& envelope,
                  const std::vector<objection>& objections) {
    for (const auto& one : objections)
        decisions[one.recipient].refusal = refuse_alone(envelope, one);
}

bool answers_for_all(const occasion& now, const std::vector<standing>& standings) {
    if (now.since) return false;
    return now.replies == answering::as_one ||
           std::any_of(standings.begin(), standings.end(), binds_message);
}

} // namespace

std::string_view to_string(treatment what) {
    switch (what) {
    case treatment::untouched: return "untouched";
    case treatment::cleaned: return "cleaned";
    case treatment::sealed: return "sealed";
    case treatment::held: return "held";
    }
    return {};
}

std::string whose_key(const decision& about) {
    return about.key_of ? "key of " + smtp::to_string(*about.key_of) + ", by key_of" : "";
}

plan make_plan(const rule_set& rules, const origin& over, const smtp::envelope& envelope,
               const message::facts& facts,
               const std::vector<std::optional<keys::finding>>& findings, const occasion& now) {
    // Those who are only judged stand behind the recipients, until all has been decided.
    const auto count = envelope.recipients.size();
    const auto others = also_judged(rules, envelope, facts, now);
    auto everybody = envelope;
    for (const auto& one : others)
        everybody.recipients.push_back({one, {}});
    auto standings = survey(rules, over, everybody, facts, findings, now.since);

    plan made;
    decider decider{rules, everybody, facts, now.since};
    for (std::size_t i = 0; i < standings.size(); ++i) {
        const auto about = i < findings.size() ? findings[i] : finding{};
        made.decisions.push_back(decider.decide(i, standings[i], about));
    }
    refuse_those(made.decisions, everybody, decider.objections());
    settle_all_or_none(made.decisions, standings, findings, everybody,
                       others.size() > max_also_judged, decider);
    auto objections = decider.objections();
    refuse_those(made.decisions, everybody, objections);
    made.decisions.erase(made.decisions.begin() + static_cast<std::ptrdiff_t>(count),
                         made.decisions.end());
    standings.resize(count);
    std::erase_if(objections, [count](const auto& one) { return one.recipient >= count; });

    if (!objections.empty() && answers_for_all(now, standings)) {
        made.refusal = refuse(envelope, objections);
        for (auto& one : made.decisions)
            one.refusal.reset();
        return made;
    }
    settle_local(made.decisions, standings);
    made.deliveries = group(envelope, made.decisions);
    for (auto& one : made.deliveries)
        for (const auto i : one.recipients)
            one.hold_for = std::max(one.hold_for, standings[i].said.settings.hold_for);
    if (now.since) return made;
    auto copies = copies_for_archives(envelope, made.decisions, standings);
    std::ranges::move(copies, std::back_inserter(made.deliveries));
    return made;
}

} // namespace postseal::policy
