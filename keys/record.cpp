// SPDX-License-Identifier: Apache-2.0
#include "keys/record.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>

namespace postseal::keys {
namespace {

using std::chrono::sys_seconds;

bool is_used(const record& of, const std::string& fingerprint) {
    const auto& known = of.remembered;
    return (known && known->what.found && known->what.found->fingerprint == fingerprint) ||
           (of.sealed && of.sealed->fingerprint == fingerprint) ||
           (of.ended_sealing && of.ended_sealing->fingerprint == fingerprint) ||
           std::ranges::find(of.given, fingerprint, &given_certificate::fingerprint) !=
               of.given.end();
}

/// Whoever can have certificates rejected cannot push out one that was revoked, nor, by being there
/// first, keep one out; and whatever they have revoked, the key that is in use comes before it.
bool make_room(record& in, const rejected_certificate& next) {
    auto& there = in.rejected;
    auto octets = next.bytes.size();
    for (const auto& one : there)
        octets += one.bytes.size();
    if (octets > max_rejected_octets && !is_used(in, next.fingerprint)) return false;
    if (there.size() < max_rejected_certificates) return true;
    const auto worth = [&](const rejected_certificate& one) {
        return one.revoked ? is_used(in, one.fingerprint) ? 2 : 1 : 0;
    };
    const auto least = std::ranges::min_element(there, {}, [&](const auto& one) {
        return std::tuple(worth(one), one.seen, std::string_view(one.fingerprint));
    });
    if (worth(next) <= worth(*least)) return false;
    there.erase(least);
    return true;
}

void reject(record& in, const rejected_certificate& next) {
    const auto known =
        std::ranges::find(in.rejected, next.fingerprint, &rejected_certificate::fingerprint);
    if (known != in.rejected.end()) {
        if (next.revoked || !known->revoked) *known = next;
    } else if (make_room(in, next)) {
        in.rejected.push_back(next);
    }
}

void give(std::vector<given_certificate>& in, const given_certificate& next) {
    std::erase_if(in, [&](const auto& one) {
        return one.fingerprint == next.fingerprint || (next.pinned && one.pinned);
    });
    in.push_back(next);
}

/// Or it would stand in the way of all that is said until then.
void set_right(std::optional<memory>& entry, std::optional<sealing>& sealed, sys_seconds clock) {
    if (entry && entry->asked > clock) {
        entry->asked = clock;
        entry->fresh_until = std::min(entry->fresh_until, clock);
    }
    if (sealed) sealed->last = std::min(sealed->last, clock);
}

bool is_older(const memory& next, const std::optional<memory>& known) {
    return known && next.asked < known->asked;
}

bool is_older(const sealing& next, const std::optional<sealing>& known) {
    return known && next.last < known->last;
}

void end_sealing(std::optional<sealing>& sealed, std::optional<sealing>& ended, sys_seconds when) {
    if (!sealed || sealed->last > when) return;
    if (!sealed->fingerprint.empty()) ended = sealed;
    sealed.reset();
}

void seal(record& in, const sealing& next) {
    if (is_older(next, in.sealed)) return;
    const auto before = in.sealed ? in.sealed : in.ended_sealing;
    in.sealed = next;
    if (next.fingerprint.empty() && before) {
        in.sealed = before;
        in.sealed->last = next.last;
    }
    in.ended_sealing.reset();
}

bool ignores_sealing(const record& known, const memory& said) {
    if (!known.sealed || said.what.found) return false;
    return said.what.result != outcome::unusable || !known.doubts.unusable_since;
}

void remember(record& in, const record_changes& changes) {
    const auto& next = *changes.remembered;
    if (is_older(next, in.remembered) || ignores_sealing(in, next)) return;
    const bool had_key = in.remembered && in.remembered->what.found;
    if (had_key && next.what.result == outcome::absent && !changes.sealing_ended) return;
    in.remembered = next;
}

/// Whoever can hide the name of the advanced host leaves the direct one to answer. That it has some
/// key of the domain's does not make it the one that knows them all.
void note_directory(std::optional<known_directory>& known, const known_directory& said) {
    const bool advanced = known && known->host == wkd_host::advanced;
    const auto seen = known ? std::max(known->seen, said.seen) : said.seen;
    known = {advanced ? wkd_host::advanced : said.host, seen};
}

/// A key that was served ends the doubts before it.
void drop_old_doubts(record& in) {
    if (!in.remembered || !in.remembered->what.found) return;
    for (auto* const since : {&in.doubts.denied_since, &in.doubts.unusable_since})
        if (*since && **since < in.remembered->asked) since->reset();
}

} // namespace

bool record_changes::empty() const {
    return !remembered && rejected.empty() && !sealed && !sealing_ended && !ended_sealing &&
           !doubts && given.empty() && taken_back.empty() && regiven.empty() && !directory &&
           !clock_is_at;
}

void append(record_changes& to, record_changes more) {
    if (more.clock_is_at) {
        set_right(to.remembered, to.sealed, *more.clock_is_at);
        to.clock_is_at = std::min(to.clock_is_at.value_or(*more.clock_is_at), *more.clock_is_at);
    }
    if (more.remembered && !is_older(*more.remembered, to.remembered))
        to.remembered = std::move(more.remembered);
    if (more.sealing_ended) {
        end_sealing(to.sealed, to.ended_sealing, *more.sealing_ended);
        to.sealing_ended = std::max(to.sealing_ended, more.sealing_ended);
    }
    if (more.ended_sealing) to.ended_sealing = std::move(more.ended_sealing);
    if (more.sealed && !is_older(*more.sealed, to.sealed)) {
        if (more.sealed->fingerprint.empty() && to.sealed)
            to.sealed->last = more.sealed->last;
        else
            to.sealed = std::move(more.sealed);
    }
    if (more.doubts) to.doubts = more.doubts;
    for (const auto& gone : more.taken_back)
        std::erase_if(to.given, [&](const auto& one) { return one.fingerprint == gone; });
    std::ranges::move(more.rejected, std::back_inserter(to.rejected));
    std::ranges::move(more.taken_back, std::back_inserter(to.taken_back));
    std::ranges::move(more.given, std::back_inserter(to.given));
    std::ranges::move(more.regiven, std::back_inserter(to.regiven));
    if (more.directory) note_directory(to.directory, *more.directory);
}

void apply(record& to, const record_changes& changes) {
    for (const auto& one : changes.rejected) // while it is known which key was in use
        reject(to, one);
    if (changes.clock_is_at) set_right(to.remembered, to.sealed, *changes.clock_is_at);
    if (changes.sealing_ended) end_sealing(to.sealed, to.ended_sealing, *changes.sealing_ended);
    if (changes.ended_sealing && !to.sealed && !is_older(*changes.ended_sealing, to.ended_sealing))
        to.ended_sealing = changes.ended_sealing;
    if (changes.sealed) seal(to, *changes.sealed);
    if (changes.doubts) to.doubts = *changes.doubts;
    if (changes.remembered) remember(to, changes);
    if (to.remembered && ignores_sealing(to, *to.remembered)) to.remembered.reset();
    drop_old_doubts(to);
    for (const auto& gone : changes.taken_back)
        std::erase_if(to.given, [&](const auto& one) { return one.fingerprint == gone; });
    for (const auto& one : changes.given)
        give(to.given, one);
    for (const auto& one : changes.regiven)
        for (auto& given : to.given)
            if (given.fingerprint == one.fingerprint && given.bytes == one.before)
                given.bytes = one.after;
    if (changes.directory) note_directory(to.directory, *changes.directory);
}

bool is_same(const std::optional<memory>& one, const std::optional<memory>& other) {
    if (!one || !other) return !one && !other;
    const auto& a = one->what;
    const auto& b = other->what;
    if (one->asked != other->asked || one->fresh_until != other->fresh_until) return false;
    if (a.result != b.result || a.from != b.from || a.source != b.source || a.reason != b.reason)
        return false;
    // A key is never changed, so who has its octets from the other has the same one.
    return !a.found || a.found->bytes == b.found->bytes;
}

} // namespace postseal::keys
