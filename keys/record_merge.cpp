// SPDX-License-Identifier: Apache-2.0
#include "keys/record_merge.hpp"

#include "keys/packets.hpp"

#include <algorithm>

namespace postseal::keys {
namespace {

using std::chrono::sys_seconds;

template<class Certificate>
const Certificate* find(const std::vector<Certificate>& in, const std::string& fingerprint) {
    const auto found = std::ranges::find(in, fingerprint, &Certificate::fingerprint);
    return found == in.end() ? nullptr : &*found;
}

const rejected_certificate* revoked_in(const record& known, const std::string& fingerprint) {
    const auto* const found = find(known.rejected, fingerprint);
    return found && found->revoked ? found : nullptr;
}

/// The signatures of both. `first` where they do not make one certificate together.
std::string both(const std::string& first, const std::string& second,
                 const smtp::mailbox& address) {
    if (first == second || second.empty()) return first;
    if (first.empty()) return second;
    auto done = clean_packets(first + second, address);
    if (done.certificates.size() != 1) return first;
    return std::move(done.certificates.front().bytes);
}

/// That they know of no key is no word about one that we know, or have sealed to.
bool theirs_is_newer(const record& ours, const record& theirs) {
    if (!theirs.remembered) return false;
    const bool had_key = ours.sealed || (ours.remembered && ours.remembered->what.found);
    if (had_key && !theirs.remembered->what.found) return false;
    return !ours.remembered || ours.remembered->asked < theirs.remembered->asked;
}

memory without_key(const memory& of) {
    auto made = of;
    made.what.result = outcome::unusable;
    made.what.found.reset();
    made.what.reason += ": revoked, as another store knows";
    made.fresh_until = of.asked; // there may be a new one
    return made;
}

void merge_memories(const record& ours, const record& theirs, record_changes& made) {
    const bool newer = theirs_is_newer(ours, theirs);
    if (newer) made.remembered = theirs.remembered;
    const auto& now = newer ? theirs.remembered : ours.remembered;
    if (!now || !now->what.found) return;
    const auto& key = now->what.found->fingerprint;
    if (revoked_in(ours, key) || revoked_in(theirs, key)) made.remembered = without_key(*now);
}

/// They belong to what was remembered when they arose.
void merge_doubts(const record& ours, const record& theirs, record_changes& made) {
    const bool know_nothing = !ours.remembered && !ours.sealed && ours.doubts.empty();
    const bool takes_theirs = theirs_is_newer(ours, theirs) || know_nothing;
    if (takes_theirs && theirs.doubts != ours.doubts) made.doubts = theirs.doubts;
}

void merge_rejected(const record& ours, const record& theirs, const smtp::mailbox& address,
                    record_changes& made) {
    for (auto one : theirs.rejected) {
        if (const auto* const known = find(ours.rejected, one.fingerprint)) {
            one.revoked = one.revoked || known->revoked;
            one.seen = std::max(one.seen, known->seen);
            one.bytes = both(known->bytes, one.bytes, address);
            if (one == *known) continue;
        }
        made.rejected.push_back(std::move(one));
    }
}

/// Ours where both are of the same time. What a pin of ours excludes is left out.
void merge_given(const record& ours, const record& theirs, const smtp::mailbox& address,
                 record_changes& made) {
    const auto pin = std::ranges::find_if(ours.given, &given_certificate::pinned);
    for (auto one : theirs.given) {
        const auto* const known = find(ours.given, one.fingerprint);
        if (one.pinned && pin != ours.given.end() && pin->fingerprint != one.fingerprint &&
            one.since <= pin->since)
            continue;
        const bool pinned = one.pinned || (known && known->pinned); // a pin stays one
        if (known && one.since <= known->since) {
            auto bytes = both(known->bytes, one.bytes, address);
            one = *known;
            one.bytes = std::move(bytes);
        } else if (known) {
            one.bytes = both(one.bytes, known->bytes, address);
        }
        one.pinned = pinned;
        for (const auto* const of : {&ours, &theirs})
            if (const auto* const bad = revoked_in(*of, one.fingerprint))
                one.bytes = both(one.bytes, bad->bytes, address);
        if (!known || one != *known) made.given.push_back(std::move(one));
    }
    // What was given here, and of which they know that it is revoked.
    for (auto one : ours.given) {
        const auto* const bad = revoked_in(theirs, one.fingerprint);
        if (!bad || find(theirs.given, one.fingerprint)) continue;
        auto bytes = both(one.bytes, bad->bytes, address);
        if (bytes == one.bytes) continue;
        one.bytes = std::move(bytes);
        made.given.push_back(std::move(one));
    }
}

/// To which key mail was sealed, and on whose word, is what another key is measured by: where that
/// is known here, another store only makes it last longer.
std::optional<sealing> lasting_until(const std::optional<sealing>& ours, const sealing& theirs) {
    if (!ours) return theirs;
    if (theirs.last <= ours->last) return std::nullopt;
    auto made = ours->fingerprint.empty() ? theirs : *ours;
    if (theirs.from == origin::domain || ours->from == origin::domain) made.from = origin::domain;
    made.last = theirs.last;
    return made;
}

void merge_sealings(const record& ours, const record& theirs, record_changes& made) {
    if (theirs.sealed && (ours.sealed || !ours.ended_sealing)) {
        made.sealed = lasting_until(ours.sealed, *theirs.sealed);
    } else if (theirs.sealed) { // it goes on, as far as they know
        auto again = *ours.ended_sealing;
        again.last = sys_seconds::min();
        made.sealed = lasting_until(again, *theirs.sealed);
    }
    if (theirs.ended_sealing && !ours.sealed)
        made.ended_sealing = lasting_until(ours.ended_sealing, *theirs.ended_sealing);
}

} // namespace

record_changes merge(const record& ours, const record& theirs, const smtp::mailbox& address) {
    record_changes made;
    merge_memories(ours, theirs, made);
    merge_doubts(ours, theirs, made);
    merge_rejected(ours, theirs, address, made);
    merge_given(ours, theirs, address, made);
    merge_sealings(ours, theirs, made);
    if (theirs.directory && (!ours.directory || ours.directory->seen < theirs.directory->seen))
        made.directory = theirs.directory;
    return made;
}

} // namespace postseal::keys
