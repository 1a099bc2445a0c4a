// SPDX-License-Identifier: Apache-2.0
#include "policy/grouping.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace postseal::policy {

namespace {

// Recipients with equal keys share a delivery. A blind recipient's address is part of the key, so
// nobody else joins; the same address given twice does, and the next hop sees the duplicate.
using group_key = std::tuple<treatment, message::cleaning, message::header_protection, std::string>;

group_key key_of(const decision& one, const smtp::recipient& to) {
    const bool alone = one.treatment == treatment::sealed && one.blind;
    // What else is said of headers does not count with `off`.
    const auto headers =
        one.headers.changes_nothing() ? message::cleaning{message::profile::off} : one.headers;
    return {one.treatment, headers, one.protection,
            alone ? smtp::folded(to.address) : std::string{}};
}

bool is_known(const std::vector<keys::certificate>& certificates, const keys::certificate& added) {
    return std::ranges::any_of(certificates, [&](const keys::certificate& known) {
        return known.fingerprint == added.fingerprint &&
               known.encryption_keys == added.encryption_keys;
    });
}

// The same certificate once, even where two addresses have it. Two states of one certificate with
// different subkeys both count: each recipient's own finding is what they can read.
void add_certificate(std::vector<keys::certificate>& certificates, const keys::certificate& added) {
    if (!is_known(certificates, added)) certificates.push_back(added);
}

// Sealed before clear: if something fails before the first commit, nothing readable has left.
int turn(treatment what) {
    switch (what) {
    case treatment::sealed: return 0;
    case treatment::untouched:
    case treatment::cleaned: return 1;
    case treatment::held: return 2;
    }
    return 2;
}

// Larger first: most of the recipients are served by the commit that the client waits for.
bool goes_first(const delivery& a, const delivery& b) {
    if (turn(a.treatment) != turn(b.treatment)) return turn(a.treatment) < turn(b.treatment);
    if (a.recipients.size() != b.recipients.size())
        return a.recipients.size() > b.recipients.size();
    return a.recipients.front() < b.recipients.front();
}

} // namespace

std::vector<delivery> group(const smtp::envelope& envelope,
                            const std::vector<decision>& decisions) {
    std::map<group_key, delivery> groups;
    std::vector<delivery> ordered; // those that are full come first
    for (const auto& one : decisions) {
        if (one.refusal) continue;
        auto& joined = groups[key_of(one, envelope.recipients[one.recipient])];
        if (joined.certificates.size() == most_certificates && one.key &&
            !is_known(joined.certificates, *one.key))
            ordered.push_back(std::exchange(joined, {}));
        joined.treatment = one.treatment;
        joined.headers = one.headers;
        joined.protection = one.protection;
        if (one.treatment == treatment::held) joined.held_as.push_back(one.held_as);
        joined.recipients.push_back(one.recipient);
        if (one.key) add_certificate(joined.certificates, *one.key);
    }

    for (auto& [key, one] : groups) {
        ordered.push_back(std::move(one));
    }
    std::sort(ordered.begin(), ordered.end(), goes_first);
    return ordered;
}

} // namespace postseal::policy
