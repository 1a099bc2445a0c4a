// SPDX-License-Identifier: Apache-2.0
#include "policy/decider.hpp"

#include "policy/notification.hpp"

#include <utility>

namespace postseal::policy {

namespace {

// What a lookup has said, and about whose key, behind what follows from it.
std::string with_detail(std::string text, const decision& about, const std::string& detail) {
    const auto whose = whose_key(about);
    const auto between = whose.empty() || detail.empty() ? "" : ": ";
    const auto all = whose + between + detail;
    return all.empty() ? text : text + " (" + all + ")";
}

// What is said of it should it be held. What waits for another key or a pinned one must not leave
// in clear once the finding says less: whoever served the other key could see to that.
promise promise_of(const standing& one, const finding& about) {
    if (one.bound) return promise::required;
    const bool waits_for_one = held_for_change(about, one.said.settings) != change_hold::none;
    return waits_for_one || is_never_clear(one, about) ? promise::not_clear : promise::none;
}

changed_key change_of(const keys::finding& about) {
    return {about.replaces, about.found->fingerprint, about.source};
}

} // namespace

void send_clear(decision& one, const message::cleaning& headers) {
    const bool off = headers.changes_nothing();
    one.treatment = off ? treatment::untouched : treatment::cleaned;
    one.headers = off ? message::cleaning{message::profile::off} : headers;
}

decider::decider(const rule_set& rules, const smtp::envelope& envelope, const message::facts& facts,
                 std::optional<waiting> since)
    : rules_(rules), envelope_(envelope), since_(std::move(since)) {
    for (const auto& shown : facts.visible)
        visible_.insert(smtp::folded(shown));
}

decision decider::decide(std::size_t recipient, const standing& one, const finding& about) {
    const auto& said = one.said.settings;
    decision result;
    result.recipient = recipient;
    result.blind = is_blind(envelope_.recipients[recipient]);
    result.held_as = {promise_of(one, about), one.key_known};
    result.rule = one.said.rule;
    result.reason = one.reason;
    result.note = said.note;
    switch (one.stance) {
    case stance::local:
        result.rule = "local domain";
        result.note.clear();
        result.headers = said.headers; // until settle_local()
        break;
    case stance::not_ours:
        result.rule = "not ours";
        result.note.clear();
        break;
    case stance::observed: result.observed = true; break;
    case stance::clear: send_clear(result, said.headers); break;
    case stance::needs_key: decide_by_key(result, one, about); break;
    case stance::never_but_bound:
        object(result, {recipient, obstacle::never_sealed, fallback::reject, said.note},
               one.reason);
        break;
    case stance::fragment_but_bound:
        object(result, {recipient, obstacle::fragment, fallback::reject, said.note}, one.reason);
        break;
    }
    return result;
}

bool decider::is_blind(const smtp::recipient& to) const {
    if (visible_.count(smtp::folded(to.address)) != 0) return false;
    const auto original = smtp::original_recipient(to);
    return !original || visible_.count(smtp::folded(*original)) == 0;
}

// Of what is known of a key, whether it is another one comes first: a fallback would send in clear.
void decider::decide_by_key(decision& result, const standing& one, const finding& about) {
    if (about && about->opted_out) return decide_opted_out(result, one, *about);
    if (about) result.key_of = about->key_of;
    const auto& said = one.said.settings;
    switch (held_for_change(about, said)) {
    case change_hold::changed: return hold_change(result, one, *about);
    case change_hold::may_change: return hold_unread(result, one, *about);
    case change_hold::none: break;
    }
    const auto judged = judge(about, said);
    if (judged.outcome != keys::outcome::found) return fall_back(result, one, about, judged);
    if (result.blind && said.blind == blind_copies::reject) {
        return object(result, {result.recipient, obstacle::blind_copy, fallback::reject, said.note},
                      "would be sealed to somebody whom the others do not see, and its rule "
                      "refuses that");
    }
    seal(result, one, *about, judged.detail);
}

void decider::seal(decision& result, const standing& one, const keys::finding& about,
                   const std::string& detail) {
    const auto& said = one.said.settings;
    result.treatment = treatment::sealed;
    result.headers = said.headers;
    result.protection = said.header_protection;
    result.key = about.found;
    result.key_source = about.source;
    if (is_changed(about) && said.key_change == key_change::warn) result.change = change_of(about);
    result.reason = with_detail("a usable key was found", result, detail);
}

void decider::fall_back(decision& result, const standing& one, const finding& about,
                        const judged_key& judged) {
    const auto& said = one.said.settings;
    const auto what = failure_of(judged.outcome, about, one);
    auto answer = allowed(what.why, after_waiting(what.set, said), one, about);
    if (answer != fallback::send && is_over(said)) answer = fallback::reject;
    if (answer == fallback::send) {
        send_clear(result, said.headers);
        result.reason = with_detail(what.words + ", sent in clear", result, judged.detail);
        return;
    }
    const auto why = one.bound          ? " and the message must be sealed"
                     : is_pinned(about) ? " and its key is pinned"
                     : one.not_clear    ? " and it was promised not to leave in clear"
                                        : " and its rule says so";
    object(result, {result.recipient, what.why, answer, said.note},
           with_detail(what.words + why, result, judged.detail));
}

// An administrator's word on the reader is later than a pin, a key from before and all fallbacks,
// but not than `required`: neither an unreadable copy nor a clear one is right then.
void decider::decide_opted_out(decision& result, const standing& one, const keys::finding& about) {
    const auto& said = one.said.settings;
    if (!one.bound) {
        send_clear(result, said.headers);
        result.reason = about.reason + ", sent in clear";
        return;
    }
    object(result, {result.recipient, obstacle::opted_out, fallback::reject, said.note},
           about.reason + ", and the message must be sealed");
}

// What is held for another key never leaves in clear, `then: send` or not.
void decider::hold_change(decision& result, const standing& one, const keys::finding& about) {
    const auto& said = one.said.settings;
    const auto answer = is_over(said) ? fallback::reject : fallback::hold;
    result.change = change_of(about);
    object(result, {result.recipient, obstacle::key_changed, answer, said.note, result.change->now},
           with_detail("the key has changed, and its rule says so", result, about.reason));
}

void decider::hold_unread(decision& result, const standing& one, const keys::finding& about) {
    const auto& said = one.said.settings;
    const auto answer = is_over(said) ? fallback::reject : fallback::hold;
    object(result, {result.recipient, obstacle::lookup_failed, answer, said.note},
           with_detail("the key store cannot be read, so this may be another key than before, and "
                       "its rule holds those",
                       result, about.reason));
}

bool decider::is_over(const settings& said) const {
    return since_ && since_->waited >= said.hold_for;
}

fallback decider::after_waiting(fallback set, const settings& said) const {
    if (set != fallback::hold || !is_over(said)) return set;
    switch (said.then) {
    case hold_end::send: return fallback::send;
    case hold_end::reject: break;
    }
    return fallback::reject;
}

// What nobody would hear of if it came to nothing is not accepted: who sends it tries again, and
// tells of it in the end.
void decider::object(decision& result, objection why, const std::string& words) {
    if (result.key_of) why.key_of = smtp::to_string(*result.key_of);
    const bool untold = !since_ && why.answer == fallback::hold &&
                        silence_about(rules_, envelope_, envelope_.recipients[why.recipient]);
    if (untold) why.answer = fallback::defer;
    const bool waits = why.answer == fallback::hold;
    const auto so = untold  ? "refused, since its sender could not be told later: "
                    : waits ? "held: "
                            : "refused: ";
    result.reason = so + words;
    result.treatment = waits ? treatment::held : treatment::untouched;
    if (waits) {
        result.waits = why_held(envelope_, why);
    } else {
        objections_.push_back(std::move(why));
    }
}

} // namespace postseal::policy
