// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_record.hpp"

#include "keys/stored_words.hpp"
#include "keys/user_id.hpp"

#include <utility>

namespace postseal::keys {
namespace {

using boost::system::result;
using statement = sqlite_statement;

// A word that this does not know was not written by us: the strictest reading.

outcome read_outcome(std::string_view word) {
    return to_outcome(word).value_or(outcome::temporary);
}
origin read_origin(std::string_view word) { return to_origin(word).value_or(origin::third_party); }
wkd_host read_host(std::string_view word) { return to_wkd_host(word).value_or(wkd_host::none); }

/// Calls `take` with each row that `sql` answers for the one text.
template<class Take>
int read_rows(sqlite_connection& from, const char* sql, std::string_view about, Take take) {
    auto query = from.prepare(sql);
    query.bind(1, about);
    int code = query.step();
    for (; code == SQLITE_ROW; code = query.step())
        take(query);
    return code;
}

memory read_memory(const statement& row) {
    memory entry;
    entry.what.result = read_outcome(row.octets(0));
    entry.what.source = row.octets(1);
    entry.what.reason = row.octets(2);
    entry.asked = row.time(3);
    entry.fresh_until = row.time(4);
    entry.what.from = read_origin(row.octets(10));
    if (entry.what.result != outcome::found) return entry;
    certificate found;
    found.fingerprint = row.octets(5);
    found.bytes = std::make_shared<const std::string>(row.octets(6));
    found.encryption_keys = to_key_ids(row.octets(7));
    found.created = row.time(8);
    found.expires = row.time_if_any(9);
    found.algorithm = row.octets(11);
    entry.what.found = std::move(found);
    return entry;
}

constexpr auto read_memory_sql =
    "SELECT outcome, source, reason, asked, fresh_until, fingerprint, certificate, "
    "encryption_keys, created, expires, origin, algorithm FROM findings WHERE address = ?1";
constexpr auto read_rejected_sql =
    "SELECT fingerprint, certificate, revoked, seen FROM rejected WHERE address = ?1";
constexpr auto read_sealing_sql =
    "SELECT last, fingerprint, expires, origin, ended FROM sealings WHERE address = ?1";
constexpr auto read_doubts_sql =
    "SELECT denied_since, unusable_since FROM doubts WHERE address = ?1";
constexpr auto read_given_sql =
    "SELECT fingerprint, certificate, pinned, note, since FROM given WHERE address = ?1";
// An address is longer than its domain, and comes first.
constexpr auto read_opt_out_sql = "SELECT name, author, reason, since FROM opt_outs "
                                  "WHERE name IN (?1, ?2) ORDER BY length(name) DESC LIMIT 1";
constexpr auto read_directory_sql = "SELECT host, seen FROM directories WHERE domain = ?1";

/// The first result that is not SQLITE_DONE is the answer.
class writing {
  public:
    explicit writing(sqlite_connection& to) : to_(to) {}

    template<class Bind>
    void run(const char* sql, std::string_view about, Bind bind) {
        if (code_ != SQLITE_DONE) return;
        auto query = to_.prepare(sql);
        query.bind(1, about);
        bind(query);
        code_ = query.step();
    }
    void run(const char* sql, std::string_view about) {
        run(sql, about, [](statement&) {});
    }
    [[nodiscard]] result<void> end() const {
        if (code_ != SQLITE_DONE) return sqlite_error(code_);
        return {};
    }

  private:
    sqlite_connection& to_;
    int code_ = SQLITE_DONE;
};

void write_memory(writing& to, const std::string& address, const std::optional<memory>& now) {
    if (!now) return to.run("DELETE FROM findings WHERE address = ?1", address);
    const auto& entry = *now;
    const auto& key = entry.what.found;
    const std::string key_ids = key ? to_octets(key->encryption_keys) : std::string();
    to.run("INSERT OR REPLACE INTO findings (address, outcome, source, reason, asked, fresh_until, "
           "origin, fingerprint, certificate, encryption_keys, created, expires, algorithm) "
           "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, coalesce(?13, ''))",
           address, [&](statement& query) {
               query.bind(2, to_string(entry.what.result));
               query.bind(3, entry.what.source);
               query.bind(4, entry.what.reason);
               query.bind(5, entry.asked);
               query.bind(6, entry.fresh_until);
               query.bind(7, to_string(entry.what.from));
               if (!key) return; // what is not bound is NULL
               query.bind(8, key->fingerprint);
               query.bind_octets(9, *key->bytes);
               query.bind_octets(10, key_ids);
               query.bind(11, key->created);
               query.bind(12, key->expires);
               query.bind(13, key->algorithm);
           });
}

void write_rejected(writing& to, const std::string& address, const record& after) {
    to.run("DELETE FROM rejected WHERE address = ?1", address);
    for (const auto& one : after.rejected)
        to.run("INSERT INTO rejected (address, fingerprint, certificate, revoked, seen) "
               "VALUES (?1, ?2, ?3, ?4, ?5)",
               address, [&](statement& query) {
                   query.bind(2, one.fingerprint);
                   query.bind_octets(3, one.bytes);
                   query.bind(4, std::int64_t{one.revoked});
                   query.bind(5, one.seen);
               });
}

void write_sealing(writing& to, const std::string& address, const record& after) {
    const auto& last = after.sealed ? after.sealed : after.ended_sealing;
    if (!last) return to.run("DELETE FROM sealings WHERE address = ?1", address);
    to.run("INSERT OR REPLACE INTO sealings (address, last, fingerprint, expires, origin, ended) "
           "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
           address, [&](statement& query) {
               query.bind(2, last->last);
               query.bind(3, last->fingerprint);
               query.bind(4, last->expires);
               query.bind(5, to_string(last->from));
               query.bind(6, std::int64_t{!after.sealed});
           });
}

void write_doubts(writing& to, const std::string& address, const doubts& now) {
    if (now.empty()) return to.run("DELETE FROM doubts WHERE address = ?1", address);
    to.run("INSERT OR REPLACE INTO doubts (address, denied_since, unusable_since) "
           "VALUES (?1, ?2, ?3)",
           address, [&](statement& query) {
               query.bind(2, now.denied_since);
               query.bind(3, now.unusable_since);
           });
}

void write_given(writing& to, const std::string& address, const record& after) {
    to.run("DELETE FROM given WHERE address = ?1", address);
    for (const auto& one : after.given)
        to.run("INSERT INTO given (address, fingerprint, certificate, pinned, note, since) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
               address, [&](statement& query) {
                   query.bind(2, one.fingerprint);
                   query.bind_octets(3, one.bytes);
                   query.bind(4, std::int64_t{one.pinned});
                   query.bind(5, one.note);
                   query.bind(6, one.since);
               });
}

void write_directory(writing& to, const std::string& address, const known_directory& one) {
    to.run("INSERT OR REPLACE INTO directories (domain, host, seen) VALUES (?1, ?2, ?3)",
           domain_of_key(address), [&](statement& query) {
               query.bind(2, to_string(one.host));
               query.bind(3, one.seen);
           });
}

} // namespace

opt_out read_opt_out(const statement& row) {
    return {row.octets(0), row.octets(1), row.octets(2), row.time(3)};
}

result<record> read_record(sqlite_connection& from, const std::string& address) {
    record read;
    int code = read_rows(from, read_memory_sql, address,
                         [&](statement& row) { read.remembered = read_memory(row); });
    if (code == SQLITE_DONE)
        code = read_rows(from, read_rejected_sql, address, [&](statement& row) {
            read.rejected.push_back(
                {row.octets(0), row.octets(1), row.number(2) != 0, row.time(3)});
        });
    if (code == SQLITE_DONE)
        code = read_rows(from, read_sealing_sql, address, [&](statement& row) {
            auto& last = row.number(4) != 0 ? read.ended_sealing : read.sealed;
            last = {row.time(0), row.octets(1), row.time_if_any(2), read_origin(row.octets(3))};
        });
    if (code == SQLITE_DONE)
        code = read_rows(from, read_doubts_sql, address, [&](statement& row) {
            read.doubts = {row.time_if_any(0), row.time_if_any(1)};
        });
    if (code == SQLITE_DONE)
        code = read_rows(from, read_given_sql, address, [&](statement& row) {
            read.given.push_back(
                {row.octets(0), row.octets(1), row.number(2) != 0, row.octets(3), row.time(4)});
        });
    if (code == SQLITE_DONE)
        code = read_rows(from, read_directory_sql, domain_of_key(address), [&](statement& row) {
            read.directory = {read_host(row.octets(0)), row.time(1)};
        });
    if (code == SQLITE_DONE) {
        auto query = from.prepare(read_opt_out_sql);
        query.bind(1, address);
        query.bind(2, domain_of_key(address));
        code = query.step();
        if (code == SQLITE_ROW) {
            read.opted_out = read_opt_out(query);
            code = SQLITE_DONE;
        }
    }
    if (code != SQLITE_DONE) return sqlite_error(code);
    if (read.remembered && read.remembered->what.result == outcome::temporary)
        return sqlite_error(SQLITE_CORRUPT);
    return read;
}

result<void> write_record(sqlite_connection& to, const std::string& address, const record& before,
                          const record& after) {
    writing rows(to);
    if (!is_same(before.remembered, after.remembered))
        write_memory(rows, address, after.remembered);
    if (before.rejected != after.rejected) write_rejected(rows, address, after);
    if (before.sealed != after.sealed || before.ended_sealing != after.ended_sealing)
        write_sealing(rows, address, after);
    if (before.doubts != after.doubts) write_doubts(rows, address, after.doubts);
    if (before.given != after.given) write_given(rows, address, after);
    if (after.directory && before.directory != after.directory)
        write_directory(rows, address, *after.directory);
    return rows.end();
}

} // namespace postseal::keys
