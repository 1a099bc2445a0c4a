// SPDX-License-Identifier: Apache-2.0
#include "keys/record.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>

namespace postseal::keys {
namespace {

bool is_used(const record& of, const std::string& fingerprint) {
    const auto& known = of.remembered;
    return (known && known->what.found && known->what.found->fingerprint == fingerprint) ||
           (of.sealed && of.sealed->fingerprint == fingerprint);
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

} // namespace

bool record_changes::empty() const {
    return !remembered && rejected.empty() && !sealed && !sealing_ended && !doubts &&
           given.empty() && taken_back.empty() && !directory;
}

void append(record_changes& to, record_changes more) {
    if (more.remembered) to.remembered = std::move(more.remembered);
    if (more.sealing_ended) to.sealed.reset();
    to.sealing_ended = to.sealing_ended || more.sealing_ended;
    if (more.sealed) to.sealed = std::move(more.sealed);
    if (more.doubts) to.doubts = more.doubts;
    for (const auto& gone : more.taken_back)
        std::erase_if(to.given, [&](const auto& one) { return one.fingerprint == gone; });
    std::ranges::move(more.rejected, std::back_inserter(to.rejected));
    std::ranges::move(more.taken_back, std::back_inserter(to.taken_back));
    std::ranges::move(more.given, std::back_inserter(to.given));
    if (more.directory) to.directory = more.directory;
}

void apply(record& to, const record_changes& changes) {
    for (const auto& one : changes.rejected) // while it is known which key was in use
        reject(to, one);
    if (changes.remembered) to.remembered = changes.remembered;
    if (changes.sealing_ended) to.sealed.reset();
    if (changes.sealed) to.sealed = changes.sealed;
    if (changes.doubts) to.doubts = *changes.doubts;
    for (const auto& gone : changes.taken_back)
        std::erase_if(to.given, [&](const auto& one) { return one.fingerprint == gone; });
    for (const auto& one : changes.given)
        give(to.given, one);
    if (changes.directory) to.directory = changes.directory;
}

} // namespace postseal::keys
