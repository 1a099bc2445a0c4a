// SPDX-License-Identifier: Apache-2.0
#include "cli/key_import.hpp"

#include "cli/times.hpp"

#include "keys/key_file.hpp"
#include "keys/packets.hpp"
#include "keys/record_json.hpp"
#include "keys/record_merge.hpp"
#include "keys/user_id.hpp"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace postseal::cli {
namespace {

constexpr std::size_t max_key_file = 64 * 1024 * 1024; // octets

void refuse(const std::string& place, const std::string& why, import_count& count) {
    std::cerr << "postseal: " << place << ": not taken: " << keys::as_text(why) << '\n';
    ++count.refused;
}

/// Of given keys: the cleaner would not look at more of them.
constexpr auto too_many = "the address would have more than eight given keys";

bool is_full(const keys::record& known, const std::string& fingerprint) {
    const auto same = [&](const auto& one) { return one.fingerprint == fingerprint; };
    return known.given.size() >= keys::max_certificates && std::ranges::none_of(known.given, same);
}

} // namespace

importer::importer(config::settings from, const keys_options& options)
    : from_(std::move(from)), note_(options.note), store_(from_.keys) {
    expect_note(note_);
    if (!options.address.empty()) only_ = address_named(options.address);
}

import_count importer::take_records(std::istream& from, const std::string& name) {
    import_count count;
    std::size_t number = 0;
    while (const auto line = read_limited_line(from, keys::max_record_line)) {
        const auto place = name + ":" + std::to_string(++number);
        if (number == 1) {
            if (const auto wrong = keys::mistake_in_head(*line))
                throw std::runtime_error(place + ": " + *wrong);
        } else if (!line->empty() &&
                   keys::mistake_in_head(*line)) { // two files, one behind the other
            take_line(*line, place, count);
        }
    }
    return count;
}

void importer::take_line(const std::string& line, const std::string& place, import_count& count) {
    auto read = keys::read_record_line(line);
    if (!read) return refuse(place, read.error(), count);
    if (const auto wrong = keys::clean_certificates(*read))
        return refuse(place, read->address + ": " + *wrong, count);
    const auto address = keys::mailbox_of_key(read->address);
    if (only_ && keys::lookup_key(*only_) != read->address) return;
    const auto known = store_.recall(address);
    const auto changes = keys::merge(known, read->known, address);
    auto after = known;
    keys::apply(after, changes);
    if (after.given.size() > std::max(known.given.size(), keys::max_certificates))
        return refuse(place, read->address + ": " + too_many, count);
    remember(address, changes, count);
}

import_count importer::take_keys(std::istream& from, const std::string& name) {
    import_count count;
    const auto file = keys::read_key_file("import.pgp", read_octets(from, name, max_key_file));
    if (!file.complaint.empty()) refuse(name, file.complaint, count);
    for (const auto& one : file.certificates) {
        if (only_) {
            take_key(one.bytes, *only_, name, count);
            continue;
        }
        for (const auto& named : one.addresses) {
            const auto address = keys::mailbox_of_key(named);
            const auto written = smtp::to_string(address);
            if (smtp::parse_mailbox(written, smtp::routing_marks::allowed))
                take_key(one.bytes, address, name, count);
            else
                refuse(name, written + " in a user ID is no mail address", count);
        }
    }
    return count;
}

void importer::take_key(const std::string& bytes, const smtp::mailbox& address,
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
    if (is_full(known, key.fingerprint)) return refuse(place, too_many, count);
    keys::given_certificate given{key.fingerprint, *key.bytes, false, note_, now()};
    const auto before =
        std::ranges::find(known.given, key.fingerprint, &keys::given_certificate::fingerprint);
    if (before != known.given.end()) { // a pin stays one
        given.pinned = before->pinned;
        given.since = before->since;
        if (note_.empty()) given.note = before->note;
    }
    if (before == known.given.end() || given != *before) changes.given = {std::move(given)};
    if (!changes.empty()) count.taken.push_back(smtp::to_string(address) + ' ' + key.fingerprint);
    remember(address, changes, count);
}

void importer::remember(const smtp::mailbox& address, const keys::record_changes& changes,
                        import_count& count) {
    store_.remember(address, changes);
    ++(changes.empty() ? count.unchanged : count.changed);
}

std::optional<std::string> read_limited_line(std::istream& from, std::size_t limit) {
    std::string line;
    auto& octets = *from.rdbuf();
    constexpr auto end = std::istream::traits_type::eof();
    auto next = octets.sbumpc();
    if (next == end) return std::nullopt;
    for (; next != end && next != '\n'; next = octets.sbumpc())
        if (line.size() <= limit) line += static_cast<char>(next);
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

} // namespace postseal::cli
