// SPDX-License-Identifier: Apache-2.0
#include "cli/import_count.hpp"

#include "keys/conclusion.hpp"
#include "message/visible.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

namespace postseal::cli {
namespace {

using used_keys = std::vector<std::pair<std::string, keys::standing>>;

/// Each fingerprint that mail may be sealed to.
used_keys keys_used(const keys::record& known) {
    used_keys all;
    const auto add = [&](const std::string& fingerprint, keys::standing how) {
        const auto is_it = [&](const auto& one) { return one.first == fingerprint; };
        if (std::ranges::none_of(all, is_it) && !keys::is_revoked(known, fingerprint))
            all.emplace_back(fingerprint, how);
    };
    if (const auto* const pin = pin_of(known)) {
        add(pin->fingerprint, keys::standing::pinned);
        return all;
    }
    for (const auto& one : known.given)
        if (!one.bytes.empty()) add(one.fingerprint, keys::standing::imported);
    const auto& entry = known.remembered;
    if (entry && entry->what.found) add(entry->what.found->fingerprint, keys::standing::found);
    return all;
}

void note_pin(const std::string& place, const std::string& address, const keys::record& before,
              const keys::record& after, import_count& count) {
    const auto* const had = pin_of(before);
    const auto* const has = pin_of(after);
    if (!has || (had && had->fingerprint == has->fingerprint)) return;
    count.pins.push_back({place, address, has->fingerprint, had ? had->fingerprint : ""});
}

} // namespace

void refuse(const std::string& place, const std::string& why, import_count& count) {
    std::cerr << "postseal: " << message::visible(place) << ": not taken: " << message::visible(why)
              << '\n';
    ++count.refused;
}

void note_keys(const std::string& place, const std::string& address, const keys::record& before,
               const keys::record& after, import_count& count) {
    note_pin(place, address, before, after, count);
    const auto used_before = keys_used(before);
    for (const auto& [fingerprint, how] : keys_used(after)) {
        const auto is_it = [&, &key = fingerprint](const auto& one) { return one.first == key; };
        if (std::ranges::none_of(used_before, is_it))
            count.keys.push_back({place, address, fingerprint, how});
    }
}

const keys::given_certificate* pin_of(const keys::record& known) {
    const auto pin = std::ranges::find_if(known.given, &keys::given_certificate::pinned);
    return pin == known.given.end() ? nullptr : &*pin;
}

std::size_t imported_of(const keys::record& known) {
    const auto imported = std::ranges::count(known.given, false, &keys::given_certificate::pinned);
    return static_cast<std::size_t>(imported);
}

} // namespace postseal::cli
