// SPDX-License-Identifier: Apache-2.0
// How a message becomes a plan. For each recipient, the first line that applies:
//
//   inside the local domains                    clear, never sealed to
//   header From is foreign, no rule claims it   untouched; `required` binds only what is claimed
//   already encrypted                           clear, and `required` is satisfied
//   encrypt: never                              clear; refused where the message is bound
//   exempt class of mail                        clear, unless bound
//   message/partial                             clear; refused where bound
//   key found, and key_change: hold             451 where it is another one than before, or where
//                                               nobody can say (the key store cannot be read)
//   key found                                   sealed
//   key found, but below min_strength            as an unusable one
//   key absent, unusable, or not known          without_key, unusable_key, lookup_failed:
//                                               send (clear), hold and defer (451), reject (550);
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
// `scope: message` binds everybody: then nobody gets it.
//
// Clear is `cleaned` or, with `headers: off`, `untouched`. Where nothing changes for anybody
// outside, nothing changes for the local recipients either, and the message passes bit for bit;
// else they share the clear copy of the others.
#include "policy/plan.hpp"

#include "policy/grouping.hpp"
#include "policy/refusal.hpp"
#include "policy/standing.hpp"

#include <algorithm>
#include <unordered_set>

namespace postseal::policy {

namespace {

using finding = std::optional<keys::finding>;

void clear(decision& one, message::profile headers) {
    const bool off = headers == message::profile::off;
    one.treatment = off ? treatment::untouched : treatment::cleaned;
    one.headers = headers;
}

std::string with_detail(std::string text, const std::string& detail) {
    return detail.empty() ? text : text + " (" + detail + ")";
}

/// What a finding means under the settings of a recipient.
struct knowledge {
    keys::outcome outcome;
    std::string detail;
};

std::string with_cause(const std::string& told, const std::string& cause) {
    return told.empty() ? cause : told + ": " + cause;
}

// A finding that is missing, or says found without a certificate, is no knowledge at all: what
// cannot be asked must not look like an answer.
knowledge know(const finding& about, const settings& settings) {
    if (!about) return {keys::outcome::temporary, {}};
    if (about->result != keys::outcome::found) return {about->result, about->reason};
    if (!about->found) return {keys::outcome::temporary, about->reason};
    // To be judged again; neither too weak, for then it could be sent in clear, nor good enough.
    if (about->found->algorithm.empty() && !asks_nothing(settings.min_strength))
        return {keys::outcome::temporary,
                with_cause(about->reason, "how strong the key is has not been judged yet")};
    const auto weak = shortfall(settings.min_strength, about->found->algorithm);
    if (weak) return {keys::outcome::unusable, with_cause(about->reason, *weak)};
    return {keys::outcome::found, about->reason};
}

bool is_pinned(const finding& about) { return about && about->pinned; }

struct failure {
    obstacle why;
    fallback set; ///< what the settings say about it
    std::string words;
};

bool is_no_key_yet(const finding& about, const standing& one) {
    return about && about->result == keys::outcome::temporary && about->retry_in && !one.bound &&
           one.said.settings.without_key == fallback::send;
}

// What administrators put in the relay's own sources, they have accepted.
bool is_changed(const finding& about) {
    return about && about->result == keys::outcome::found && about->found &&
           !about->replaces.empty() && about->from != keys::origin::administrator;
}

// Whoever can change what a lookup finds shall not read the next mail. Asked before anything else
// that may speak against a key: a fallback would send in clear.
bool is_held(const finding& about, const settings& settings) {
    return settings.key_change == key_change::hold && is_changed(about);
}

// What is known of the address cannot be read: neither the key from before nor a pin.
bool may_be_held(const finding& about, const settings& settings) {
    return settings.key_change == key_change::hold && about &&
           about->result == keys::outcome::found && about->may_replace &&
           about->from != keys::origin::administrator;
}

changed_key change_of(const keys::finding& about) {
    return {about.replaces, about.found->fingerprint, about.source};
}

failure failure_of(keys::outcome outcome, const settings& settings) {
    switch (outcome) {
    case keys::outcome::absent: return {obstacle::no_key, settings.without_key, "no key"};
    case keys::outcome::unusable:
        return {obstacle::unusable_key, settings.unusable_key, "no usable key"};
    case keys::outcome::found:
    case keys::outcome::temporary: break;
    }
    return {obstacle::lookup_failed, settings.lookup_failed, "the key could not be looked up"};
}

// The invariant in four lines: who is bound, or has a pinned key, never gets it in clear, whatever
// a fallback says. What may pass is tried again, what will not is refused.
fallback allowed(const failure& what, const standing& one, const finding& about) {
    if (what.set != fallback::send || !(one.bound || is_pinned(about))) return what.set;
    return what.why == obstacle::lookup_failed ? fallback::defer : fallback::reject;
}

class decider {
  public:
    decider(const smtp::envelope& envelope, const message::facts& facts) : envelope_(envelope) {
        for (const auto& shown : facts.visible) {
            visible_.insert(smtp::folded(shown));
        }
    }

    decision decide(std::size_t recipient, const standing& one, const finding& about) {
        decision result;
        result.recipient = recipient;
        result.blind = is_blind(envelope_.recipients[recipient]);
        result.rule = one.said.rule;
        result.reason = one.reason;
        switch (one.stance) {
        case stance::local:
            result.rule = "local domain";
            result.headers = one.said.settings.headers; // until settle_local()
            break;
        case stance::not_ours: result.rule = "not ours"; break;
        case stance::clear: clear(result, one.said.settings.headers); break;
        case stance::needs_key:
            if (is_held(about, one.said.settings)) {
                hold_change(result, one, *about);
            } else if (may_be_held(about, one.said.settings)) {
                result.reason = with_detail("refused: the key store cannot be read, so this may be "
                                            "another key than before, and its rule holds those",
                                            about->reason);
                object(result, one, obstacle::lookup_failed, fallback::hold);
            } else {
                use_key(result, one, about);
            }
            break;
        case stance::never_but_bound: object(result, one, obstacle::never_sealed); break;
        case stance::fragment_but_bound: object(result, one, obstacle::fragment); break;
        }
        return result;
    }

    [[nodiscard]] const std::vector<objection>& objections() const { return objections_; }

  private:
    [[nodiscard]] bool is_blind(const smtp::recipient& to) const {
        if (visible_.count(smtp::folded(to.address)) != 0) return false;
        const auto original = smtp::original_recipient(to);
        return !original || visible_.count(smtp::folded(*original)) == 0;
    }

    void use_key(decision& result, const standing& one, const finding& about) {
        const auto [outcome, detail] = know(about, one.said.settings);
        if (outcome == keys::outcome::found) {
            result.treatment = treatment::sealed;
            result.headers = one.said.settings.headers;
            result.protection = one.said.settings.header_protection;
            result.key = about->found;
            result.key_source = about->source;
            if (is_changed(about) && one.said.settings.key_change == key_change::warn)
                result.change = change_of(*about);
            result.reason = with_detail("a usable key was found", detail);
            return;
        }
        const auto what = is_no_key_yet(about, one)
                              ? failure{obstacle::no_key, fallback::send, "no key is known yet"}
                              : failure_of(outcome, one.said.settings);
        const auto answer = allowed(what, one, about);
        if (answer == fallback::send) {
            clear(result, one.said.settings.headers);
            result.reason = with_detail(what.words + ", sent in clear", detail);
            return;
        }
        object(result, one, what.why, answer);
        const auto why = one.bound          ? " and the message must be sealed"
                         : is_pinned(about) ? " and its key is pinned"
                                            : " and its rule says so";
        result.reason = with_detail("refused: " + what.words + why, detail);
    }

    void hold_change(decision& result, const standing& one, const keys::finding& about) {
        result.change = change_of(about);
        result.reason =
            with_detail("refused: the key has changed, and its rule says so", about.reason);
        objections_.push_back({result.recipient, obstacle::key_changed, fallback::hold,
                               one.said.settings.note, result.change->now});
    }

    void object(decision& result, const standing& one, obstacle why,
                fallback answer = fallback::reject) {
        objections_.push_back({result.recipient, why, answer, one.said.settings.note});
    }

    const smtp::envelope& envelope_;
    std::unordered_set<std::string> visible_;
    std::vector<objection> objections_;
};

// Colleagues inside get the clear copy that the outside gets: first the one with their own profile,
// else the first there is; and where the others are all sealed, their own.
void settle_local(std::vector<decision>& decisions, const std::vector<standing>& standings) {
    std::vector<const decision*> clear_outside;
    bool changes = false;
    for (const auto& one : decisions) {
        if (standings[one.recipient].stance == stance::local || one.refusal) continue;
        changes = changes || one.treatment != treatment::untouched;
        if (one.treatment != treatment::sealed) clear_outside.push_back(&one);
    }
    for (auto& one : decisions) {
        if (standings[one.recipient].stance != stance::local) continue;
        auto headers = changes ? one.headers : message::profile::off;
        const auto same =
            std::any_of(clear_outside.begin(), clear_outside.end(),
                        [&](const decision* other) { return other->headers == headers; });
        if (!same && !clear_outside.empty()) headers = clear_outside.front()->headers;
        clear(one, headers);
    }
}

} // namespace

std::string_view to_string(treatment what) {
    switch (what) {
    case treatment::untouched: return "untouched";
    case treatment::cleaned: return "cleaned";
    case treatment::sealed: return "sealed";
    }
    return {};
}

plan make_plan(const rule_set& rules, const origin& over, const smtp::envelope& envelope,
               const message::facts& facts,
               const std::vector<std::optional<keys::finding>>& findings, answering replies) {
    const auto standings = survey(rules, over, envelope, facts, findings);

    plan made;
    decider decider{envelope, facts};
    for (std::size_t i = 0; i < standings.size(); ++i) {
        const auto about = i < findings.size() ? findings[i] : finding{};
        made.decisions.push_back(decider.decide(i, standings[i], about));
    }
    const auto& objections = decider.objections();
    const bool together = replies == answering::as_one ||
                          std::any_of(standings.begin(), standings.end(), binds_message);
    if (together && !objections.empty()) {
        made.refusal = refuse(envelope, objections);
        return made;
    }
    for (const auto& one : objections) {
        made.decisions[one.recipient].refusal = refuse_alone(envelope, one);
    }
    settle_local(made.decisions, standings);
    made.deliveries = group(envelope, made.decisions);
    return made;
}

} // namespace postseal::policy
