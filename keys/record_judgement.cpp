// SPDX-License-Identifier: Apache-2.0
#include "keys/record_judgement.hpp"

#include "keys/user_id.hpp"

#include <algorithm>
#include <ranges>
#include <string_view>
#include <utility>

namespace postseal::keys {
namespace {

using std::chrono::sys_seconds;

/// Fingerprint and certificate, for each certificate of a record.
template<class See>
void for_each_certificate(const record& of, See see) {
    if (of.remembered && of.remembered->what.found)
        see(of.remembered->what.found->fingerprint, *of.remembered->what.found->bytes);
    for (const auto& one : of.rejected)
        see(one.fingerprint, one.bytes);
    for (const auto& one : of.given)
        if (!one.bytes.empty()) see(one.fingerprint, one.bytes);
}

bool holds(const std::vector<cleaned_certificate>& all, const std::string& fingerprint) {
    return std::ranges::find(all, fingerprint, &cleaned_certificate::fingerprint) != all.end();
}

/// What is known here comes first: put together again, it is the same octets again.
std::optional<cleaned_certificate> put_together(const std::string& fingerprint,
                                                const known_address& theirs, const record& ours) {
    std::vector<std::string_view> states;
    const auto add = [&](const std::string& of, const std::string& bytes) {
        if (of == fingerprint && std::ranges::find(states, bytes) == states.end())
            states.push_back(bytes);
    };
    for_each_certificate(ours, add);
    for_each_certificate(theirs.known, add);
    std::string material;
    for (const auto state : states)
        material += state;
    auto cleaned = clean_packets(material, mailbox_of_key(theirs.address));
    if (cleaned.certificates.size() != 1) return std::nullopt;
    return std::move(cleaned.certificates.front());
}

rejected_certificate& rejected_one(record& in, const std::string& fingerprint, sys_seconds seen) {
    const auto at = std::ranges::find(in.rejected, fingerprint, &rejected_certificate::fingerprint);
    if (at != in.rejected.end()) return *at;
    return in.rejected.emplace_back(rejected_certificate{fingerprint, {}, false, seen});
}

/// As without it, but that there was one.
void take_key_from(memory& of, std::string reason) {
    of.what.result = outcome::unusable;
    of.what.found.reset();
    of.what.reason = std::move(reason);
    of.fresh_until = of.asked; // there may be a new one
}

void obey(memory& of, const judged_certificate& judged, const smtp::mailbox& address,
          sys_seconds now) {
    const auto& said = judged.said;
    auto judgement = judge(said, judged.key.bytes, address, now);
    if (judgement.usable) {
        of.what.found = std::move(judgement.usable);
    } else if (said.unusable_because != revoked && said.expires && *said.expires <= now) {
        // It is never used again, but that there was one is worth knowing.
        auto& key = *of.what.found;
        key.bytes = std::make_shared<const std::string>(judged.key.bytes);
        key.created = said.created;
        key.expires = said.expires;
        key.algorithm = said.algorithm;
    } else {
        take_key_from(of, judgement.reason);
    }
}

/// A rejected one that fills its limits would make its key unusable for ever: see leaves_room().
void leave_out_large_ones(record& of, const judged_certificate& judged) {
    if (leaves_room(judged.key)) return;
    std::erase_if(of.rejected, [&](const auto& one) {
        return !one.revoked && one.fingerprint == judged.key.fingerprint;
    });
}

std::optional<std::string> obey(record& of, const judged_certificate& judged,
                                const smtp::mailbox& address, sys_seconds now) {
    const auto& [key, said] = judged;
    if (said.fingerprint != key.fingerprint)
        return "GnuPG finds no certificate of " + key.fingerprint + " in it";
    if (said.created > now)
        return key.fingerprint + " is from the future, or this machine's clock is wrong";
    const bool is_revoked = said.unusable_because == revoked;
    const auto is_it = [&](const auto& one) { return one.fingerprint == key.fingerprint; };
    for (auto& one : of.rejected | std::views::filter(is_it)) {
        if (one.revoked && !is_revoked)
            return "it calls " + key.fingerprint +
                   " revoked, and its certificate has no revocation: the file is damaged, or "
                   "somebody has changed it";
        one.revoked = is_revoked;
        one.bytes = key.bytes;
    }
    leave_out_large_ones(of, judged);
    auto heard = sys_seconds::min();
    for (auto& one : of.given | std::views::filter(is_it)) {
        if (!one.bytes.empty()) one.bytes = key.bytes;
        heard = std::max(heard, one.since);
    }
    for (auto* const sealed : {&of.sealed, &of.ended_sealing})
        if (*sealed && (*sealed)->fingerprint == key.fingerprint) (*sealed)->expires = said.expires;
    if (of.remembered && of.remembered->what.found && is_it(*of.remembered->what.found)) {
        heard = std::max(heard, of.remembered->asked);
        obey(*of.remembered, judged, address, now);
    }
    if (!is_revoked) return std::nullopt;
    auto& kept = rejected_one(of, key.fingerprint, heard);
    kept.revoked = true;
    kept.bytes = key.bytes;
    return std::nullopt;
}

bool is_given(const record& of, const std::string& fingerprint) {
    const auto is_it = [&](const auto& one) { return one.fingerprint == fingerprint; };
    return std::ranges::any_of(of.given, is_it);
}

} // namespace

std::optional<std::string> mistake_in_times(const known_address& of, sys_seconds now) {
    std::optional<std::string> mistake;
    const auto see = [&](const std::string& place, const std::optional<sys_seconds>& when) {
        if (!mistake && when && *when > now + clocks_differ)
            mistake = place + ": " + to_text(*when) +
                      " is in the future: the clock of this machine, or of the one that has "
                      "written the file, is wrong";
    };
    const auto& known = of.known;
    if (known.remembered) see("remembered.asked", known.remembered->asked);
    for (const auto& one : known.rejected)
        see("rejected " + one.fingerprint, one.seen);
    if (known.sealed) see("sealed.last", known.sealed->last);
    if (known.ended_sealing) see("ended_sealing.last", known.ended_sealing->last);
    see("doubts.denied_since", known.doubts.denied_since);
    see("doubts.unusable_since", known.doubts.unusable_since);
    for (const auto& one : known.given)
        see("given " + one.fingerprint, one.since);
    if (known.directory) see("directory.seen", known.directory->seen);
    return mistake;
}

readable<std::vector<cleaned_certificate>> certificates_to_judge(const known_address& theirs,
                                                                 const record& ours) {
    std::vector<cleaned_certificate> all;
    std::string too_much;
    for_each_certificate(theirs.known, [&](const std::string& fingerprint, const std::string&) {
        if (holds(all, fingerprint)) return;
        if (auto one = put_together(fingerprint, theirs, ours))
            all.push_back(std::move(*one));
        else
            too_much = fingerprint;
    });
    if (too_much.empty()) return all;
    return {boost::system::in_place_error, "with what is known here, there is too much of " +
                                               too_much + " to tell whether it is revoked"};
}

std::optional<std::string> obey(known_address& theirs,
                                const std::vector<judged_certificate>& judged, sys_seconds now) {
    const auto address = mailbox_of_key(theirs.address);
    for (const auto& one : judged)
        if (auto mistake = obey(theirs.known, one, address, now)) return mistake;
    auto& known = theirs.known;
    // Another relay's directory is not ours: what it held is as any key of the domain.
    if (known.remembered && known.remembered->what.from == origin::administrator)
        known.remembered->what.from = origin::domain;
    for (auto* const sealed : {&known.sealed, &known.ended_sealing})
        if (*sealed && (*sealed)->from == origin::administrator &&
            !is_given(known, (*sealed)->fingerprint))
            (*sealed)->from = origin::domain;
    // A day for which mail waits is waited for here.
    known.doubts = {};
    return std::nullopt;
}

} // namespace postseal::keys
