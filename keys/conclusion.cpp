// SPDX-License-Identifier: Apache-2.0
#include "keys/conclusion.hpp"

#include "keys/verdict.hpp"

#include <algorithm>
#include <utility>

namespace postseal::keys {
namespace {

using std::chrono::sys_seconds;

/// Written once a day: what is kept is exact to a day.
constexpr auto a_day = std::chrono::hours(24);

finding temporary(finding from, const std::string& because) {
    from.result = outcome::temporary;
    from.found.reset();
    from.retry_in.reset(); // it is waited for
    from.reason += because;
    return from;
}

const certificate* earlier_key(const record& known) {
    return known.remembered && known.remembered->what.found ? &*known.remembered->what.found
                                                            : nullptr;
}

const rejected_certificate* find_rejected(const hearings& heard, const std::string& fingerprint) {
    const auto at =
        std::ranges::find(heard.rejected, fingerprint, &rejected_certificate::fingerprint);
    return at == heard.rejected.end() ? nullptr : &*at;
}

/// The fingerprint that mail is, or was, sealed to; empty where there is none or it is not known.
std::string used_key(const record& known) {
    if (const auto* const key = earlier_key(known)) return key->fingerprint;
    return known.sealed ? known.sealed->fingerprint : std::string();
}

bool had_key(const record& known) { return earlier_key(known) || known.sealed; }

/// On whose word the key stood that there was.
origin origin_of_key(const record& known) {
    if (earlier_key(known)) return known.remembered->what.from;
    return known.sealed ? known.sealed->from : origin::domain;
}

/// What one lookup says about the address's own domain.
struct domain_word {
    bool was_asked = false;
    bool answered = false; ///< with keys, whatever they are worth, or that there is none
    bool denied = false;   ///< the latter
};

/// That the direct host knows no key means nothing where the advanced one has served: whoever is in
/// the way has only to say that its name does not exist.
domain_word hear_domain(const record& known, const hearings& heard) {
    domain_word word;
    const bool elsewhere = known.directory && known.directory->host != wkd_host::direct &&
                           heard.host == wkd_host::direct;
    for (const auto& one : heard.said) {
        if (one.from != origin::domain) continue;
        word.was_asked = true;
        word.denied = one.result == outcome::absent && heard.denied && !elsewhere;
        word.answered = word.denied || one.result == outcome::found ||
                        (one.result == outcome::unusable && !heard.unread);
    }
    return word;
}

bool asked_third_parties(const hearings& heard) {
    return std::ranges::find(heard.asked, origin::third_party) != heard.asked.end();
}

const finding* domains_unusable(const hearings& heard) {
    const auto at = std::ranges::find_if(heard.said, [](const auto& one) {
        return one.from == origin::domain && one.result == outcome::unusable;
    });
    return at == heard.said.end() ? nullptr : &*at;
}

/// Until somebody has had a day to notice. A time in the future was written under a wrong clock.
bool is_held(std::optional<sys_seconds>& unusable_since, sys_seconds now) {
    if (!unusable_since || *unusable_since > now) unusable_since = now;
    return now < *unusable_since + unusable_is_held_for;
}

/// Is there one that a temporary answer falls back on?
bool has_key_to_use_on(const record& known, sys_seconds now) {
    if (!known.remembered) return false;
    finding asked;
    asked.result = outcome::temporary;
    const auto before = fall_back(std::move(asked), *known.remembered, now);
    return before.found && !is_revoked(known, before.found->fingerprint);
}

/// A third party's key, where it is another one than the key that was used.
finding judge_strangers(finding said, const record& known, bool whole, const hearings& heard,
                        const domain_word& domain, sys_seconds now, doubts& so_far) {
    const auto* const unusable = domains_unusable(heard);
    const bool says_nothing = heard.unread && has_key_to_use_on(known, now);
    if (unusable && !says_nothing && known.sealed &&
        !find_rejected(heard, said.found->fingerprint) && is_held(so_far.unusable_since, now))
        return *unusable;
    if (!domain.was_asked || domain.answered) return said;
    const bool domain_has_keys =
        known.directory || (had_key(known) && origin_of_key(known) == origin::domain);
    if (whole && !domain_has_keys) return said;
    return temporary(std::move(said),
                     whole ? "; but its domain, which has served keys before, could not be asked"
                           : "; but its domain could not be asked, and the key store cannot be "
                             "read, so there may have been another key");
}

finding judge_found(finding said, const recalled& before, const hearings& heard,
                    const domain_word& domain, const std::string& pinned, sys_seconds now,
                    doubts& so_far) {
    const auto& fingerprint = said.found->fingerprint;
    if (said.from == origin::third_party && fingerprint != used_key(before.known) &&
        fingerprint != pinned)
        said = judge_strangers(std::move(said), before.known, before.is_whole, heard, domain, now,
                               so_far);
    if (said.found) so_far = {};
    return said;
}

finding judge_unusable(finding said, const record& known, const hearings& heard,
                       const domain_word& domain, sys_seconds now, doubts& so_far) {
    const auto* const used = find_rejected(heard, used_key(known));
    // Nothing was said of the key that is known to be good.
    if (heard.unread && !used && said.from == origin::domain && has_key_to_use_on(known, now))
        return temporary(std::move(said), "; but there was a good key before");
    // An old copy on a keyserver says nothing of what the domain would serve now.
    const bool counts = used && (used->revoked || domain.answered || !domain.was_asked ||
                                 origin_of_key(known) == origin::third_party);
    const bool theirs = said.from != origin::third_party || counts;
    if (!theirs && had_key(known))
        return temporary(std::move(said), "; but there was another key before");
    if (!theirs && known.directory && domain.was_asked && !domain.answered)
        return temporary(std::move(said),
                         "; but its domain, which has served keys before, could not be asked");
    if (theirs && known.sealed) static_cast<void>(is_held(so_far.unusable_since, now));
    return said;
}

finding judge_absent(finding said, const record& known, const hearings& heard,
                     const domain_word& domain, sys_seconds now, record_changes& changes,
                     doubts& so_far) {
    if (had_key(known)) {
        // What a third party gave, third parties can take, and an administrator what they gave: the
        // domain may never have had a say. Where nobody may be asked, nobody has said anything.
        const auto from = origin_of_key(known);
        const bool theirs =
            !known.directory && ((from == origin::administrator && !heard.asked.empty()) ||
                                 (from == origin::third_party && asked_third_parties(heard)));
        auto doubted = doubt(std::move(said), domain.denied || theirs, so_far.denied_since, now);
        so_far.denied_since = doubted.denied_since;
        if (doubted.confirmed) {
            so_far = {};
            changes.sealing_ended = now;
        }
        doubted.said.retry_in.reset();
        return std::move(doubted.said);
    }
    if (known.directory && domain.was_asked && !domain.denied)
        return temporary(std::move(said), "; its domain has served keys before");
    return said;
}

/// A large one that is not revoked is not kept: whoever serves one of them would have made the key
/// unusable for ever.
bool is_news(const rejected_certificate& one, const record& known) {
    const auto same = [&](const auto& other) {
        return other.fingerprint == one.fingerprint && other.bytes == one.bytes &&
               other.revoked == one.revoked;
    };
    if (std::ranges::any_of(known.rejected, same)) return false;
    return one.revoked || leaves_room({one.fingerprint, one.bytes, {}});
}

void note_directory(const record& known, const hearings& heard, sys_seconds now,
                    record_changes& changes) {
    if (heard.domain != domain_contact::served) return;
    const known_directory seen{heard.host, now};
    const bool news = !known.directory || (known.directory->host != seen.host &&
                                           known.directory->host != wkd_host::advanced);
    if (news || known.directory->seen + a_day <= now) changes.directory = seen;
}

/// Nobody can say what there was before: a key whose end is not theirs to confirm, or another one.
void doubt_for_want_of_a_record(finding& said, const record& known, record_changes& changes,
                                doubts& so_far) {
    said.retry_in.reset();
    if (changes.sealing_ended) {
        changes.sealing_ended.reset();
        so_far = known.doubts;
    }
    if (said.found)
        said.may_replace = said.found->fingerprint != used_key(known) ||
                           (known.remembered && known.remembered->what.may_replace);
    else if (said.result != outcome::temporary)
        said = temporary(std::move(said),
                         "; but the key store cannot be read, so there may have been a key");
}

/// Was something of it written under a clock that was ahead?
bool is_of_later(const record& known, sys_seconds now) {
    return (known.remembered && known.remembered->asked > now) ||
           (known.sealed && known.sealed->last > now);
}

} // namespace

conclusion conclude(const recalled& before, const hearings& heard, const std::string& pinned,
                    sys_seconds now) {
    const auto& known = before.known;
    conclusion drawn;
    note_directory(known, heard, now, drawn.changes);
    std::ranges::copy_if(heard.rejected, std::back_inserter(drawn.changes.rejected),
                         [&](const auto& one) { return is_news(one, known); });
    auto so_far = known.doubts;
    const auto domain = hear_domain(known, heard);
    auto said = combine(heard.said);
    switch (said.result) {
    case outcome::found:
        said = judge_found(std::move(said), before, heard, domain, pinned, now, so_far);
        break;
    case outcome::unusable:
        said = judge_unusable(std::move(said), known, heard, domain, now, so_far);
        break;
    case outcome::absent:
        said = judge_absent(std::move(said), known, heard, domain, now, drawn.changes, so_far);
        break;
    case outcome::temporary:
        if (had_key(known) || known.directory) said.retry_in.reset(); // it is waited for
        break;
    }
    if (!before.is_whole) doubt_for_want_of_a_record(said, known, drawn.changes, so_far);
    if (is_of_later(known, now)) drawn.changes.clock_is_at = now;
    if (so_far != known.doubts) drawn.changes.doubts = so_far;
    drawn.result = std::move(said);
    return drawn;
}

bool is_revoked(const record& known, const std::string& fingerprint) {
    return std::ranges::any_of(known.rejected, [&](const auto& one) {
        return one.revoked && one.fingerprint == fingerprint;
    });
}

finding settle(finding said, const recalled& told, const std::string& pinned, sys_seconds now) {
    const auto& known = told.known;
    said.sealed_before = known.sealed || !told.is_whole;
    said.may_replace = said.may_replace && !told.is_whole && pinned.empty();
    // Remembered by somebody who did not know it yet. An administrator's own source has the last
    // word about what it holds.
    if (said.found && said.from != origin::administrator &&
        is_revoked(known, said.found->fingerprint)) {
        said.result = outcome::unusable;
        said.found.reset();
        said.reason += "; it was revoked";
    }
    said.pinned = !pinned.empty();
    if (said.pinned) {
        said.retry_in.reset(); // it is waited for
        if (said.result != outcome::temporary && (!said.found || said.found->fingerprint != pinned))
            said = temporary(std::move(said), "; the pinned key " + pinned + " is not to be had");
        return said;
    }
    auto unusable_since = known.doubts.unusable_since;
    if (said.result == outcome::unusable && known.sealed && unusable_since &&
        is_held(unusable_since, now))
        return temporary(std::move(said),
                         "; mail was sealed before, so it waits a day for a key of use");
    const auto& last = known.sealed ? known.sealed : known.ended_sealing;
    if (!said.found || !last) return said;
    const auto& before = *last;
    const bool ended =
        (before.expires && *before.expires <= now) || is_revoked(known, before.fingerprint);
    // Nobody else's word is as good as the domain's, or an administrator's.
    const bool weaker = said.from == origin::third_party && before.from != origin::third_party;
    if (!before.fingerprint.empty() && before.fingerprint != said.found->fingerprint &&
        (!ended || weaker))
        said.replaces = before.fingerprint;
    return said;
}

finding give_up(finding found, const std::string& because) {
    found.reason = because;
    if (found.pinned) return temporary(std::move(found), "; its key is pinned");
    if (found.sealed_before)
        return temporary(std::move(found), "; mail was sealed before, so it waits");
    found.result = outcome::unusable;
    found.found.reset();
    return found;
}

sys_seconds fresh_until(const finding& what, const lifetimes& times, sys_seconds now,
                        std::size_t spread) {
    const auto whole = what.found ? times.found : times.absent;
    const auto tenth = static_cast<std::size_t>(whole.count() / 10 + 1);
    const auto until = now + whole - std::chrono::seconds(spread % tenth);
    if (what.found && what.found->expires) return std::min(until, *what.found->expires);
    return until;
}

} // namespace postseal::keys
