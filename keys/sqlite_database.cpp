// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_database.hpp"

#include "keys/sqlite_file.hpp"

#include <utility>
#include <vector>

namespace postseal::keys {
namespace {

using boost::system::result;

/// Somebody who holds the file now makes lookups wait.
constexpr int busy_timeout_ms = 200;

/// After that, nothing is written for a while: what is not remembered is looked up again.
constexpr std::chrono::seconds no_writing{10};

constexpr const char* recall_sql = R"sql(
    SELECT outcome, source, reason, asked, fresh_until,
           fingerprint, certificate, encryption_keys, created, expires
    FROM findings WHERE address = ?1
)sql";

constexpr const char* remember_sql = R"sql(
    INSERT INTO findings (address, outcome, source, reason, asked, fresh_until,
                          fingerprint, certificate, encryption_keys, created, expires)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    ON CONFLICT (address) DO UPDATE SET
        outcome = excluded.outcome, source = excluded.source, reason = excluded.reason,
        asked = excluded.asked, fresh_until = excluded.fresh_until,
        fingerprint = excluded.fingerprint, certificate = excluded.certificate,
        encryption_keys = excluded.encryption_keys, created = excluded.created,
        expires = excluded.expires
    WHERE NOT (excluded.outcome = 'temporary' AND findings.outcome = 'found')
)sql";

constexpr std::int64_t limit = max_rejected_certificates;

constexpr const char* recall_rejected_sql = R"sql(
    SELECT fingerprint, certificate, revoked, seen FROM rejected WHERE address = ?1
)sql";

// Whoever can have certificates rejected cannot push out one that was revoked, nor, by being there
// first, keep one out.
constexpr const char* make_room_sql = R"sql(
    DELETE FROM rejected WHERE address = ?1
        AND NOT EXISTS (SELECT 1 FROM rejected WHERE address = ?1 AND fingerprint = ?2)
        AND (SELECT count(*) FROM rejected WHERE address = ?1) >= ?3
        AND fingerprint = (SELECT fingerprint FROM rejected WHERE address = ?1 AND revoked = 0
                           ORDER BY seen, fingerprint LIMIT 1)
)sql";

constexpr const char* remember_rejected_sql = R"sql(
    INSERT INTO rejected (address, fingerprint, certificate, revoked, seen)
    SELECT ?1, ?2, ?4, ?5, ?6
    WHERE EXISTS (SELECT 1 FROM rejected WHERE address = ?1 AND fingerprint = ?2)
        OR (SELECT count(*) FROM rejected WHERE address = ?1) < ?3
    ON CONFLICT (address, fingerprint) DO UPDATE SET
        certificate = excluded.certificate, revoked = excluded.revoked, seen = excluded.seen
    WHERE excluded.revoked >= rejected.revoked
)sql";

std::string to_octets(const std::vector<std::uint64_t>& key_ids) {
    std::string octets;
    for (const auto id : key_ids)
        for (int shift = 56; shift >= 0; shift -= 8)
            octets += static_cast<char>(id >> shift);
    return octets;
}

std::vector<std::uint64_t> to_key_ids(std::string_view octets) {
    std::vector<std::uint64_t> key_ids;
    for (; octets.size() >= 8; octets.remove_prefix(8)) {
        std::uint64_t id = 0;
        for (const char c : octets.substr(0, 8))
            id = (id << 8) | static_cast<unsigned char>(c);
        key_ids.push_back(id);
    }
    return key_ids;
}

std::optional<outcome> to_outcome(std::string_view text) {
    for (const auto one : {outcome::found, outcome::absent, outcome::unusable, outcome::temporary})
        if (text == to_string(one)) return one;
    return std::nullopt;
}

} // namespace

sqlite_database::sqlite_database(const std::filesystem::path& file)
    : handle_(open_sqlite_file(file)) {
    sqlite3_busy_timeout(handle_.get(), busy_timeout_ms);
}

result<std::optional<memory>> sqlite_database::recall(const std::string& address) {
    sqlite_statement query(handle_.get(), recall_sql);
    query.bind(1, address);
    const int code = query.step();
    if (code == SQLITE_DONE) return std::optional<memory>();
    if (code != SQLITE_ROW) return sqlite_error(code);

    memory entry;
    const auto read = to_outcome(query.octets(0));
    if (!read) return sqlite_error(SQLITE_CORRUPT);
    entry.what.result = *read;
    entry.what.source = query.octets(1);
    entry.what.reason = query.octets(2);
    entry.asked = query.time(3);
    entry.fresh_until = query.time(4);
    if (entry.what.result != outcome::found) return std::optional(std::move(entry));

    certificate found;
    found.fingerprint = query.octets(5);
    found.bytes = std::make_shared<const std::string>(query.octets(6));
    found.encryption_keys = to_key_ids(query.octets(7));
    found.created = query.time(8);
    if (!query.is_null(9)) found.expires = query.time(9);
    entry.what.found = std::move(found);
    return std::optional(std::move(entry));
}

result<void> sqlite_database::remember(const std::string& address, const memory& entry) {
    const auto& key = entry.what.found;
    const bool found = entry.what.result == outcome::found;
    if (found != key.has_value() || (found && !key->bytes)) return sqlite_error(SQLITE_MISUSE);

    if (std::chrono::steady_clock::now() < writes_again_) return sqlite_error(SQLITE_BUSY);
    const std::string key_ids = found ? to_octets(key->encryption_keys) : std::string();
    sqlite_statement query(handle_.get(), remember_sql);
    query.bind(1, address);
    query.bind(2, to_string(entry.what.result));
    query.bind(3, entry.what.source);
    query.bind(4, entry.what.reason);
    query.bind(5, entry.asked);
    query.bind(6, entry.fresh_until);
    if (found) { // what is not bound is NULL
        query.bind(7, key->fingerprint);
        query.bind_octets(8, *key->bytes);
        query.bind_octets(9, key_ids);
        query.bind(10, key->created);
        if (key->expires) query.bind(11, *key->expires);
    }
    return write(query);
}

result<std::vector<rejected_certificate>>
sqlite_database::recall_rejected(const std::string& address) {
    sqlite_statement query(handle_.get(), recall_rejected_sql);
    query.bind(1, address);
    std::vector<rejected_certificate> entries;
    int code = query.step();
    for (; code == SQLITE_ROW; code = query.step())
        entries.push_back({query.octets(0), query.octets(1), query.number(2) != 0, query.time(3)});
    if (code != SQLITE_DONE) return sqlite_error(code);
    return entries;
}

result<void> sqlite_database::remember_rejected(const std::string& address,
                                                const std::vector<rejected_certificate>& entries) {
    for (const auto& one : entries) {
        if (std::chrono::steady_clock::now() < writes_again_) return sqlite_error(SQLITE_BUSY);
        if (one.revoked) {
            sqlite_statement room(handle_.get(), make_room_sql);
            room.bind(1, address);
            room.bind(2, one.fingerprint);
            room.bind(3, limit);
            if (auto made = write(room); !made) return made;
        }
        sqlite_statement query(handle_.get(), remember_rejected_sql);
        query.bind(1, address);
        query.bind(2, one.fingerprint);
        query.bind(3, limit);
        query.bind_octets(4, one.bytes);
        query.bind(5, std::int64_t{one.revoked});
        query.bind(6, one.seen);
        if (auto written = write(query); !written) return written;
    }
    return {};
}

result<sealing> sqlite_database::recall_sealing(const std::string& address) {
    sqlite_statement query(handle_.get(), "SELECT denied_since FROM sealed WHERE address = ?1");
    query.bind(1, address);
    const int code = query.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return sqlite_error(code);
    sealing entry;
    entry.sealed_before = code == SQLITE_ROW;
    if (entry.sealed_before && !query.is_null(0)) entry.denied_since = query.time(0);
    return entry;
}

result<void> sqlite_database::remember_sealing(const std::string& address, const sealing& entry) {
    if (std::chrono::steady_clock::now() < writes_again_) return sqlite_error(SQLITE_BUSY);
    sqlite_statement query(handle_.get(),
                           entry.sealed_before
                               ? "INSERT INTO sealed (address, denied_since) VALUES (?1, ?2) "
                                 "ON CONFLICT (address) DO UPDATE SET denied_since = "
                                 "excluded.denied_since"
                               : "DELETE FROM sealed WHERE address = ?1");
    query.bind(1, address);
    if (entry.sealed_before && entry.denied_since) query.bind(2, *entry.denied_since);
    return write(query);
}

result<std::optional<std::chrono::sys_seconds>>
sqlite_database::recall_directory(const std::string& domain) {
    sqlite_statement query(handle_.get(), "SELECT seen FROM directories WHERE domain = ?1");
    query.bind(1, domain);
    const int code = query.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return sqlite_error(code);
    if (code == SQLITE_DONE) return std::optional<std::chrono::sys_seconds>();
    return std::optional(query.time(0));
}

result<void> sqlite_database::remember_directory(const std::string& domain,
                                                 std::chrono::sys_seconds when) {
    if (std::chrono::steady_clock::now() < writes_again_) return sqlite_error(SQLITE_BUSY);
    sqlite_statement query(handle_.get(), "INSERT INTO directories (domain, seen) VALUES (?1, ?2) "
                                          "ON CONFLICT (domain) DO NOTHING");
    query.bind(1, domain);
    query.bind(2, when);
    return write(query);
}

result<void> sqlite_database::write(sqlite_statement& query) {
    const int code = query.step();
    if ((code & 0xff) == SQLITE_BUSY) writes_again_ = std::chrono::steady_clock::now() + no_writing;
    if (code != SQLITE_DONE) return sqlite_error(code);
    return {};
}

} // namespace postseal::keys
