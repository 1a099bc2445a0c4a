// SPDX-License-Identifier: Apache-2.0
#include "keys/postgresql_record.hpp"

#include "keys/stored_words.hpp"
#include "keys/user_id.hpp"

#include <algorithm>
#include <utility>

namespace postseal::keys {
namespace {

constexpr const char* finding_sql = R"sql(
    SELECT outcome, source, reason, origin, asked, fresh_until,
           fingerprint, certificate, encryption_keys, created, expires, algorithm
    FROM postseal.findings WHERE address = $1
)sql";
constexpr const char* rejected_sql =
    "SELECT fingerprint, certificate, revoked, seen FROM postseal.rejected WHERE address = $1";
constexpr const char* sealing_sql =
    "SELECT last, fingerprint, expires, origin, ended FROM postseal.sealings WHERE address = $1";
constexpr const char* doubts_sql =
    "SELECT denied_since, unusable_since FROM postseal.doubts WHERE address = $1";
constexpr const char* given_sql = "SELECT fingerprint, certificate, pinned, note, since "
                                  "FROM postseal.given WHERE address = $1";
constexpr const char* directory_sql =
    "SELECT host, seen FROM postseal.directories WHERE domain = $1";
// An address is longer than its domain, and comes first.
constexpr const char* opt_out_sql =
    "SELECT name, author, reason, since FROM postseal.opt_outs WHERE name IN ($1, $2) "
    "ORDER BY length(name) DESC LIMIT 1";

constexpr const char* write_finding_sql = R"sql(
    INSERT INTO postseal.findings (address, outcome, source, reason, origin, asked, fresh_until,
                                   fingerprint, certificate, encryption_keys, created, expires,
                                   algorithm)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    ON CONFLICT (address) DO UPDATE SET
        outcome = excluded.outcome, source = excluded.source, reason = excluded.reason,
        origin = excluded.origin, asked = excluded.asked, fresh_until = excluded.fresh_until,
        fingerprint = excluded.fingerprint, certificate = excluded.certificate,
        encryption_keys = excluded.encryption_keys, created = excluded.created,
        expires = excluded.expires, algorithm = excluded.algorithm
)sql";
constexpr const char* write_rejected_sql = R"sql(
    INSERT INTO postseal.rejected (address, fingerprint, certificate, revoked, seen)
    VALUES ($1, $2, $3, $4, $5)
)sql";
constexpr const char* write_sealing_sql = R"sql(
    INSERT INTO postseal.sealings (address, last, fingerprint, expires, origin, ended)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (address) DO UPDATE SET
        last = excluded.last, fingerprint = excluded.fingerprint, expires = excluded.expires,
        origin = excluded.origin, ended = excluded.ended
)sql";
constexpr const char* write_doubts_sql = R"sql(
    INSERT INTO postseal.doubts (address, denied_since, unusable_since) VALUES ($1, $2, $3)
    ON CONFLICT (address) DO UPDATE SET
        denied_since = excluded.denied_since, unusable_since = excluded.unusable_since
)sql";
constexpr const char* write_given_sql = R"sql(
    INSERT INTO postseal.given (address, fingerprint, certificate, pinned, note, since)
    VALUES ($1, $2, $3, $4, $5, $6)
)sql";
constexpr const char* write_directory_sql = R"sql(
    INSERT INTO postseal.directories (domain, host, seen) VALUES ($1, $2, $3)
    ON CONFLICT (domain) DO UPDATE SET host = excluded.host, seen = excluded.seen
)sql";

postgresql_trouble unknown_word() {
    return {postgresql_trouble::kind::refused,
            "a row has a word in it that this version does not know"};
}

std::optional<memory> read_memory(const postgresql_rows& from) {
    const auto what = to_outcome(from.octets(0, 0));
    const auto who = to_origin(from.octets(0, 3));
    if (!what || !who) return std::nullopt;
    memory entry;
    entry.what.result = *what;
    entry.what.source = from.octets(0, 1);
    entry.what.reason = from.octets(0, 2);
    entry.what.from = *who;
    entry.asked = from.time(0, 4);
    entry.fresh_until = from.time(0, 5);
    if (*what != outcome::found) return entry;
    certificate found;
    found.fingerprint = from.octets(0, 6);
    found.bytes = std::make_shared<const std::string>(from.octets(0, 7));
    found.encryption_keys = to_key_ids(from.octets(0, 8));
    found.created = from.time(0, 9);
    found.expires = from.maybe_time(0, 10);
    found.algorithm = from.octets(0, 11);
    entry.what.found = std::move(found);
    return entry;
}

postgresql_statement that_writes(const std::string& address, const std::optional<memory>& now) {
    if (!now) return {"DELETE FROM postseal.findings WHERE address = $1", {text_value(address)}};
    const auto& entry = *now;
    const auto& said = entry.what;
    postgresql_statement made{write_finding_sql,
                              {text_value(address), text_value(to_string(said.result)),
                               text_value(said.source), text_value(said.reason),
                               text_value(to_string(said.from)), time_value(entry.asked),
                               time_value(entry.fresh_until)}};
    auto& values = made.values;
    if (said.found) {
        const auto& key = *said.found;
        values.push_back(text_value(key.fingerprint));
        values.push_back(octets_value(*key.bytes));
        values.push_back(octets_value(to_octets(key.encryption_keys)));
        values.push_back(time_value(key.created));
        values.push_back(time_value(key.expires));
        values.push_back(text_value(key.algorithm));
    } else {
        for (auto nothing : {no_text(), no_octets(), no_octets(), no_time(), no_time(), no_text()})
            values.push_back(std::move(nothing));
    }
    return made;
}

postgresql_statement that_writes(const std::string& address, const rejected_certificate& one) {
    return {write_rejected_sql,
            {text_value(address), text_value(one.fingerprint), octets_value(one.bytes),
             truth_value(one.revoked), time_value(one.seen)}};
}

postgresql_statement that_writes(const std::string& address, const given_certificate& one) {
    return {write_given_sql,
            {text_value(address), text_value(one.fingerprint), octets_value(one.bytes),
             truth_value(one.pinned), text_value(one.note), time_value(one.since)}};
}

postgresql_statement that_writes_sealing(const std::string& address, const record& now) {
    const auto& last = now.sealed ? now.sealed : now.ended_sealing;
    if (!last) return {"DELETE FROM postseal.sealings WHERE address = $1", {text_value(address)}};
    return {write_sealing_sql,
            {text_value(address), time_value(last->last), text_value(last->fingerprint),
             time_value(last->expires), text_value(to_string(last->from)),
             truth_value(!now.sealed)}};
}

postgresql_statement that_writes(const std::string& address, const doubts& now) {
    if (now.empty())
        return {"DELETE FROM postseal.doubts WHERE address = $1", {text_value(address)}};
    return {write_doubts_sql,
            {text_value(address), time_value(now.denied_since), time_value(now.unusable_since)}};
}

postgresql_statement that_writes(const std::string& address, const known_directory& now) {
    return {write_directory_sql,
            {text_value(domain_of_key(address)), text_value(to_string(now.host)),
             time_value(now.seen)}};
}

/// A row for each certificate. First those that are gone or not the same any more: there is room
/// for one pin only.
template<class Certificate>
void write_rows(std::vector<postgresql_statement>& into, const std::string& address,
                const char* remove_sql, const std::vector<Certificate>& before,
                const std::vector<Certificate>& after) {
    for (const auto& one : before)
        if (std::ranges::find(after, one) == after.end())
            into.push_back({remove_sql, {text_value(address), text_value(one.fingerprint)}});
    for (const auto& one : after)
        if (std::ranges::find(before, one) == before.end())
            into.push_back(that_writes(address, one));
}

} // namespace

opt_out read_opt_out(const postgresql_rows& from, int row) {
    return {from.octets(row, 0), from.octets(row, 1), from.octets(row, 2), from.time(row, 3)};
}

std::vector<postgresql_statement> statements_that_ask(const std::string& address) {
    return {{finding_sql, {text_value(address)}},
            {rejected_sql, {text_value(address)}},
            {sealing_sql, {text_value(address)}},
            {doubts_sql, {text_value(address)}},
            {given_sql, {text_value(address)}},
            {directory_sql, {text_value(domain_of_key(address))}},
            {opt_out_sql, {text_value(address), text_value(domain_of_key(address))}}};
}

postgresql_answer<record> read_record(std::span<const postgresql_rows> answers) {
    record known;
    if (const auto& finding = answers[0]; finding.count() > 0) {
        known.remembered = read_memory(finding);
        if (!known.remembered) return unknown_word();
    }
    const auto& rejected = answers[1];
    for (int row = 0; row < rejected.count(); ++row)
        known.rejected.push_back({rejected.octets(row, 0), rejected.octets(row, 1),
                                  rejected.truth(row, 2), rejected.time(row, 3)});
    if (const auto& sealed = answers[2]; sealed.count() > 0) {
        const auto who = to_origin(sealed.octets(0, 3));
        if (!who) return unknown_word();
        auto& last = sealed.truth(0, 4) ? known.ended_sealing : known.sealed;
        last = {sealed.time(0, 0), sealed.octets(0, 1), sealed.maybe_time(0, 2), *who};
    }
    if (const auto& doubts = answers[3]; doubts.count() > 0)
        known.doubts = {doubts.maybe_time(0, 0), doubts.maybe_time(0, 1)};
    const auto& given = answers[4];
    for (int row = 0; row < given.count(); ++row)
        known.given.push_back({given.octets(row, 0), given.octets(row, 1), given.truth(row, 2),
                               given.octets(row, 3), given.time(row, 4)});
    if (const auto& directory = answers[5]; directory.count() > 0) {
        const auto host = to_wkd_host(directory.octets(0, 0));
        if (!host) return unknown_word();
        known.directory = {*host, directory.time(0, 1)};
    }
    if (const auto& opted_out = answers[6]; opted_out.count() > 0)
        known.opted_out = read_opt_out(opted_out, 0);
    return known;
}

std::vector<postgresql_statement> statements_that_write(const std::string& address,
                                                        const record& before, const record& after) {
    std::vector<postgresql_statement> made;
    if (!is_same(before.remembered, after.remembered))
        made.push_back(that_writes(address, after.remembered));
    write_rows(made, address,
               "DELETE FROM postseal.rejected WHERE address = $1 AND fingerprint = $2",
               before.rejected, after.rejected);
    if (before.sealed != after.sealed || before.ended_sealing != after.ended_sealing)
        made.push_back(that_writes_sealing(address, after));
    if (before.doubts != after.doubts) made.push_back(that_writes(address, after.doubts));
    write_rows(made, address, "DELETE FROM postseal.given WHERE address = $1 AND fingerprint = $2",
               before.given, after.given);
    if (after.directory && before.directory != after.directory)
        made.push_back(that_writes(address, *after.directory));
    return made;
}

} // namespace postseal::keys
