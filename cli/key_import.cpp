// SPDX-License-Identifier: Apache-2.0
#include "cli/key_import.hpp"

#include "cli/times.hpp"

#include "keys/packets.hpp"
#include "keys/user_id.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace postseal::cli {
namespace {

constexpr std::size_t max_key_file = 64 * 1024 * 1024; // octets

bool is_full(const keys::record& known, const std::string& fingerprint) {
    const auto same = [&](const auto& one) { return one.fingerprint == fingerprint; };
    return imported_of(known) >= keys::max_certificates && std::ranges::none_of(known.given, same);
}

std::string written(const std::string& address) {
    return smtp::to_string(keys::mailbox_of_key(address));
}

std::string fingerprint_of(const keys::filed_certificate& one) {
    const auto address = keys::mailbox_of_key(one.addresses.front());
    const auto cleaned = keys::clean_packets(one.bytes, address);
    return cleaned.certificates.empty() ? "a key" : cleaned.certificates.front().fingerprint;
}

bool names_several(const std::vector<keys::filed_certificate>& all) {
    std::set<std::string> named;
    for (const auto& one : all)
        named.insert(one.addresses.begin(), one.addresses.end());
    return named.size() > 1;
}

std::string list_of(const std::vector<keys::filed_certificate>& certificates) {
    std::string all;
    for (const auto& one : certificates) {
        if (one.addresses.empty()) continue;
        all += (all.empty() ? "" : "; ") + fingerprint_of(one) + " has ";
        for (const auto& address : one.addresses)
            all += (&address == &one.addresses.front() ? "" : ", ") + written(address);
    }
    return all;
}

} // namespace

key_importer::key_importer(config::settings from, key_store& into, wanted_addresses wanted,
                           std::string note)
    : from_(std::move(from)), store_(into), wanted_(std::move(wanted)), note_(std::move(note)) {
    expect_note(note_);
}

void key_importer::take(std::istream& from, const std::string& name, import_count& count) {
    const auto file = keys::read_key_file("import.pgp", read_octets(from, name, max_key_file));
    if (!file.complaint.empty()) refuse(name, file.complaint, count);
    if (!file.certificates.empty() && !wanted_.only.empty())
        return take_wanted(file.certificates, name, count);
    // Whoever made the file chose its addresses, and may have chosen somebody else's.
    if (!wanted_.all && names_several(file.certificates))
        return refuse(name,
                      "it names several addresses: " + list_of(file.certificates) +
                          ". Say --address for each that is meant, or --yes for all",
                      count);
    for (const auto& one : file.certificates)
        take_for_all(one, name, count);
}

void key_importer::take_for_all(const keys::filed_certificate& one, const std::string& name,
                                import_count& count) {
    for (const auto& address : one.addresses) {
        const auto named = keys::mailbox_of_key(address);
        if (smtp::parse_mailbox(smtp::to_string(named), smtp::routing_marks::allowed))
            take_key(one.bytes, named, name, count);
        else
            refuse(name, written(address) + " in a user ID is no mail address", count);
    }
}

void key_importer::take_wanted(const std::vector<keys::filed_certificate>& all,
                               const std::string& name, import_count& count) {
    for (const auto& address : wanted_.only) {
        bool is_named = false;
        for (const auto& one : all)
            if (std::ranges::binary_search(one.addresses, address)) {
                is_named = true;
                take_key(one.bytes, keys::mailbox_of_key(address), name, count);
            }
        if (!is_named) refuse(name, "no user ID of a key in it names " + written(address), count);
    }
}

void key_importer::take_key(const std::string& bytes, const smtp::mailbox& address,
                            const std::string& name, import_count& count) {
    const auto place = name + ": " + smtp::to_string(address);
    const auto known = store_.recall(address);
    if (!judge_) judge_ = std::make_unique<key_judge>(from_);
    auto judged = judge_->judge(address, bytes, known);
    if (judged.said.result == keys::outcome::temporary)
        throw std::runtime_error(place + ": the key could not be judged: " + judged.said.reason);
    auto changes = revocations(known, judged);
    if (!judged.said.found) {
        store_.remember(address, changes);
        const auto* const ends =
            changes.given.empty() ? "" : "; nor is the one that was given before";
        return refuse(place, "it may not be used: " + judged.said.reason + ends, count);
    }
    const auto& key = *judged.said.found;
    if (is_full(known, key.fingerprint)) return refuse(place, too_many_given, count);
    keys::given_certificate given{key.fingerprint, *key.bytes, false, note_, now()};
    const auto before =
        std::ranges::find(known.given, key.fingerprint, &keys::given_certificate::fingerprint);
    if (before != known.given.end()) { // a pin stays one
        given.pinned = before->pinned;
        given.since = before->since;
        if (note_.empty()) given.note = before->note;
    }
    if (before == known.given.end() || given != *before) changes.given = {std::move(given)};
    auto after = known;
    keys::apply(after, changes);
    store_.remember(address, changes);
    note_keys(name, smtp::to_string(address), known, after, count);
    ++(changes.empty() ? count.unchanged : count.changed);
}

} // namespace postseal::cli
