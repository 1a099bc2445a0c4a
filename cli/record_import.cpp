// SPDX-License-Identifier: Apache-2.0
#include "cli/record_import.hpp"

#include "cli/times.hpp"

#include "keys/record_json.hpp"
#include "keys/record_merge.hpp"
#include "keys/user_id.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

namespace postseal::cli {
namespace {

constexpr std::size_t lines_of_batch = 200;
constexpr std::size_t octets_of_batch = keys::max_record_line;
constexpr std::size_t enough_sealers = 16;

/// At least as many as this machine has processors: an import waits for nothing else.
config::settings with_more_sealers(config::settings of) {
    const std::size_t processors = std::thread::hardware_concurrency();
    of.sealers.workers = std::max(of.sealers.workers, std::min(processors, enough_sealers));
    return of;
}

/// An answer from elsewhere is believed for no longer than one of today's would be here.
void shorten_belief(keys::record& of, const keys::lifetimes& times) {
    if (!of.remembered) return;
    const auto longest = of.remembered->what.found ? times.found : times.absent;
    of.remembered->fresh_until = std::min(of.remembered->fresh_until, now() + longest);
}

} // namespace

record_importer::record_importer(config::settings from, key_store& into, std::set<std::string> only)
    : from_(with_more_sealers(std::move(from))), store_(into), only_(std::move(only)) {}

void record_importer::take(std::istream& from, const std::string& name, import_count& count) {
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
    take_batch(count);
}

void record_importer::take_line(const std::string& line, const std::string& place,
                                import_count& count) {
    auto read = keys::read_record_line(line);
    if (!read) return refuse(place, read.error(), count);
    if (!only_.empty() && !only_.contains(read->address)) return;
    const auto address = keys::mailbox_of_key(read->address);
    const auto name = smtp::to_string(address);
    if (const auto wrong = keys::mistake_in_times(*read, now()))
        return refuse(place, name + ": " + *wrong, count);
    if (const auto wrong = keys::clean_certificates(*read))
        return refuse(place, name + ": " + *wrong, count);
    if (in_batch_.contains(read->address)) take_batch(count); // what it says of it comes first
    const auto known = store_.recall(address);
    // Nobody has to judge again what is known.
    if (keys::merge(known, read->known, address).empty()) {
        ++count.unchanged;
        return;
    }
    auto certificates = keys::certificates_to_judge(*read, known);
    if (!certificates) return refuse(place, name + ": " + certificates.error(), count);
    waiting made{place, std::move(*read), {}, {}};
    for (auto& one : *certificates)
        made.certificates.push_back({std::move(one), {}});
    in_batch_.insert(made.line.address);
    octets_in_batch_ += line.size();
    batch_.push_back(std::move(made));
    if (batch_.size() >= lines_of_batch || octets_in_batch_ >= octets_of_batch) take_batch(count);
}

void record_importer::take_batch(import_count& count) {
    judge_batch();
    for (auto& one : batch_)
        take_judged(one, count);
    batch_.clear();
    in_batch_.clear();
    octets_in_batch_ = 0;
}

void record_importer::judge_batch() {
    std::vector<std::string> asked;
    for (const auto& one : batch_)
        for (const auto& [key, said] : one.certificates)
            asked.push_back(key.bytes);
    if (asked.empty()) return;
    if (!judge_) judge_ = std::make_unique<key_judge>(from_);
    const auto said = judge_->inspect(asked);
    const auto failed = [](const auto& one) { return !one; };
    // Few may be left to judge, where the rest is known: that all fail is no proof.
    if (std::ranges::all_of(said, failed) && !judge_->works())
        throw std::runtime_error(batch_.front().place + ": no key from there on could be judged: " +
                                 said.front().error().message());
    auto next = said.begin();
    for (auto& one : batch_)
        for (auto& certificate : one.certificates) {
            if (*next)
                certificate.said = **next;
            else
                one.failure = "the key " + certificate.key.fingerprint +
                              " could not be judged: " + next->error().message();
            ++next;
        }
}

void record_importer::take_judged(waiting& one, import_count& count) {
    auto& theirs = one.line;
    const auto address = keys::mailbox_of_key(theirs.address);
    const auto name = smtp::to_string(address);
    if (!one.failure.empty()) return refuse(one.place, name + ": " + one.failure, count);
    if (const auto wrong = keys::obey(theirs, one.certificates, now()))
        return refuse(one.place, name + ": " + *wrong, count);
    shorten_belief(theirs.known, from_.keys.lifetimes);
    const auto known = store_.recall(address); // a relay may have learned more meanwhile
    const auto changes = keys::merge(known, theirs.known, address);
    auto after = known;
    keys::apply(after, changes);
    if (imported_of(after) > std::max(imported_of(known), keys::max_certificates))
        return refuse(one.place, name + ": " + too_many_given, count);
    store_.remember(address, changes);
    note_keys(one.place, name, known, after, count);
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
