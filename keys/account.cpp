// SPDX-License-Identifier: Apache-2.0
#include "keys/account.hpp"

#include "keys/conclusion.hpp"
#include "keys/record_json.hpp"

#include <algorithm>

namespace postseal::keys {
namespace {

using std::chrono::sys_seconds;

const given_certificate* given_key(const record& known) {
    if (known.given.empty()) return nullptr;
    const auto pin = std::ranges::find_if(known.given, &given_certificate::pinned);
    return pin != known.given.end() ? &*pin : &known.given.back();
}

/// As if the policy's pin stood in the store, and its certificate with it where it is known.
record as_given(const record& known, const policy_pin& pin) {
    auto made = known;
    given_certificate given;
    given.fingerprint = pin.fingerprint;
    given.pinned = true;
    for (const auto& one : known.given)
        if (one.fingerprint == pin.fingerprint) given.bytes = one.bytes;
    const auto& found =
        known.remembered ? known.remembered->what.found : std::optional<certificate>();
    if (given.bytes.empty() && found && found->fingerprint == pin.fingerprint)
        given.bytes = *found->bytes;
    made.given = {std::move(given)};
    return made;
}

standing standing_of(const record& known, sys_seconds now) {
    if (known.opted_out) return standing::opted_out;
    if (const auto* const given = given_key(known)) {
        if (is_revoked(known, given->fingerprint)) return standing::unusable;
        if (!given->pinned) return standing::imported;
        return given->bytes.empty() ? standing::waiting : standing::pinned;
    }
    if (!known.remembered) return standing::unknown;
    const auto& what = known.remembered->what;
    switch (what.result) {
    case outcome::found:
        if (is_expired(*what.found, now)) return standing::expired;
        return known.doubts.empty() ? standing::found : standing::doubted;
    case outcome::unusable: return standing::unusable;
    case outcome::absent: return standing::absent;
    case outcome::temporary: break;
    }
    return standing::unknown;
}

std::string in_brackets(const std::string& note) {
    return note.empty() ? std::string() : " (" + as_text(note) + ")";
}

std::string why_found(const finding& result, const record& before, const policy_pin* by_policy,
                      sys_seconds now) {
    const auto& key = result.found->fingerprint;
    if (by_policy)
        return "The policy has pinned it (" + by_policy->place + "): no other key is used. " +
               result.source + " has it.";
    const auto pin = std::ranges::find_if(before.given, &given_certificate::pinned);
    if (pin != before.given.end() && pin->fingerprint == key) {
        const auto pinned = "An administrator has pinned it on " + day(pin->since) +
                            in_brackets(pin->note) + ": no other key is used.";
        if (result.source == "pinned") return pinned;
        return pinned + " " + result.source + " has it.";
    }
    if (result.source == "imported")
        return "An administrator has imported it, and what is imported comes before "
               "all sources.";
    const auto& entry = before.remembered;
    const bool same = entry && entry->what.found && entry->what.found->fingerprint == key;
    if (same && result.reason.starts_with(used_on))
        return "It was found before, on " + day(entry->asked) +
               ", and nobody can be asked for it just now. It is used on until " +
               day(entry->asked + believed_for) + " at the latest.";
    if (same && result.source == entry->what.source && is_fresh(*entry, now))
        return "It is remembered. " + result.source + " had it on " + minute(entry->asked) +
               ", and is asked again after " + minute(entry->fresh_until) + ".";
    return "It is the key of " + result.source +
           ", the first source, in the configured order, that has one of use.";
}

std::string why_none(const finding& result, const record& before, const policy_pin* by_policy) {
    if (result.opted_out)
        return "An administrator has said that they cannot read sealed mail: no source is asked, "
               "and mail goes in clear, unless it must be sealed, which is refused. 'postseal "
               "optout --remove' ends that.";
    if (by_policy)
        return "The policy has pinned " + by_policy->fingerprint + " (" + by_policy->place +
               "), and no source has that key in a state of use: the rule's lookup_failed decides, "
               "and by default mail waits.";
    const auto pin = std::ranges::find_if(before.given, &given_certificate::pinned);
    switch (result.result) {
    case outcome::temporary:
        if (pin != before.given.end())
            return "An administrator has pinned " + pin->fingerprint + " on " + day(pin->since) +
                   in_brackets(pin->note) +
                   ", and no source has that key: the rule's lookup_failed decides, and by default "
                   "mail waits.";
        if (result.retry_in)
            return "Only keyservers could not be asked, and no key was ever known: they are asked "
                   "again in the background, and mail that need not be sealed does not wait.";
        if (before.sealed)
            return "Mail to this address was sealed before (" + day(before.sealed->last) +
                   "), so a lookup that fails is never taken for \"no key\": the rule's "
                   "lookup_failed decides, and by default mail waits.";
        return "Nobody can say whether there is a key: the rule's lookup_failed decides, and by "
               "default mail waits.";
    case outcome::unusable:
        return "There are keys, and none of them may be used: the rule's unusable_key decides.";
    case outcome::absent:
        return "There is no key: the rule decides as for any address without one.";
    case outcome::found: break;
    }
    return {};
}

} // namespace

std::string_view to_string(standing what) {
    switch (what) {
    case standing::pinned: return "pinned";
    case standing::waiting: return "waiting";
    case standing::imported: return "imported";
    case standing::found: return "found";
    case standing::doubted: return "doubted";
    case standing::expired: return "expired";
    case standing::unusable: return "unusable";
    case standing::absent: return "absent";
    case standing::opted_out: return "opted out";
    case standing::unknown: return "unknown";
    }
    return "?";
}

account summarise(const record& known, sys_seconds now, const policy_pin* by_policy) {
    if (by_policy) {
        auto made = summarise(as_given(known, *by_policy), now);
        made.source = by_policy->place;
        return made;
    }
    account made;
    made.state = standing_of(known, now);
    if (known.sealed) made.sealed = known.sealed->last;
    const certificate* key = nullptr;
    if (known.remembered) {
        made.asked = known.remembered->asked;
        made.fresh_until = known.remembered->fresh_until;
        made.source = known.remembered->what.source;
        if (known.remembered->what.found) key = &*known.remembered->what.found;
    }
    if (const auto* const given = given_key(known)) {
        made.fingerprint = given->fingerprint;
        made.source = "given";
        made.asked.reset(); // what sources say of others does not count
        made.fresh_until.reset();
        if (key && key->fingerprint != given->fingerprint) key = nullptr;
    }
    if (key) {
        made.fingerprint = key->fingerprint;
        made.algorithm = key->algorithm;
        made.expires = key->expires;
    }
    return made;
}

bool has_key_or_had(const record& known) {
    return !known.given.empty() || known.sealed ||
           (known.remembered && known.remembered->what.found);
}

std::vector<std::string> remarks(const record& known, sys_seconds now,
                                 const policy_pin* by_policy) {
    if (by_policy) {
        auto all = remarks(as_given(known, *by_policy), now);
        for (const auto& one : known.given)
            if (one.fingerprint != by_policy->fingerprint)
                all.push_back(one.fingerprint + " is not used as long as the policy pins another.");
        return all;
    }
    std::vector<std::string> all;
    const auto state = standing_of(known, now);
    if (known.opted_out)
        all.push_back("All mail to it goes in clear, unless it must be sealed, which is refused: " +
                      to_clause(*known.opted_out) + ". To seal again: postseal optout --remove " +
                      as_text(known.opted_out->name));
    if (state == standing::waiting)
        all.push_back("It is pinned to a key that no source has served yet. Until one does, mail "
                      "that should be sealed waits (the rule's lookup_failed).");
    if (const auto since = known.doubts.denied_since)
        all.push_back("Its domain says since " + minute(*since) +
                      " that there is no key any more. That is believed when it says so again "
                      "after " +
                      minute(*since + confirmed_after) +
                      "; until then the key from before is used, or mail waits. If you know that "
                      "the key is gone: postseal keys delete.");
    if (const auto since = known.doubts.unusable_since) {
        const auto held = *since + unusable_is_held_for;
        all.push_back("Since " + minute(*since) +
                      " none of its keys may be used, and mail was "
                      "sealed to it before: mail " +
                      (now < held ? "waits until " + minute(held) + ", then the rule's "
                                  : "does not wait any more, the rule's ") +
                      "unusable_key decides.");
    }
    if (state == standing::expired)
        all.push_back("The key has expired. Its sources are asked at the next mail.");
    if (std::ranges::any_of(known.rejected, &rejected_certificate::revoked))
        all.push_back("Revoked keys are never used again, whatever a source serves.");
    if (!known.remembered && known.given.empty() && known.sealed)
        all.push_back("Nothing is remembered of its key, but mail was sealed to it: a lookup that "
                      "fails is not taken for \"no key\".");
    if (known.ended_sealing)
        all.push_back(
            "It was said twice, a day apart, that there is no key any more. Another one than " +
            known.ended_sealing->fingerprint + ", to which mail was sealed until " +
            day(known.ended_sealing->last) +
            ", is a change all the same: the rule's key_change decides.");
    return all;
}

std::string explain(const finding& result, const record& before, sys_seconds now,
                    const policy_pin* pin) {
    auto text = result.found ? why_found(result, before, pin, now) : why_none(result, before, pin);
    if (!result.replaces.empty())
        text += " It is another key than before: mail was sealed to " + result.replaces +
                ", and the rule's key_change decides.";
    return text;
}

std::string day(sys_seconds when) { return to_text(when).substr(0, 10); }

std::string minute(sys_seconds when) {
    const auto text = to_text(when);
    return text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

} // namespace postseal::keys
