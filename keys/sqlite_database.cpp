// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_database.hpp"

#include "keys/sqlite_file.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace postseal::keys {
namespace {

using boost::system::result;

/// Somebody who holds the file now makes lookups wait.
constexpr int busy_timeout_ms = 200;

/// After that, nothing is written for a while: what is not remembered is looked up again.
constexpr std::chrono::seconds no_writing{10};

/// "@example.org" ends whatever is of that domain; the last '@' counts. Sorted where they are
/// joined, so that SQLite merges the tables in their own order and stops at the limit: a million
/// addresses would be sorted anew for every page.
constexpr auto browse_sql = R"sql(
    SELECT address FROM findings WHERE address > ?1
        AND substr(address, 1 + length(address) - length(?2)) = ?2 UNION
    SELECT address FROM rejected WHERE address > ?1
        AND substr(address, 1 + length(address) - length(?2)) = ?2 UNION
    SELECT address FROM sealings WHERE address > ?1
        AND substr(address, 1 + length(address) - length(?2)) = ?2 UNION
    SELECT address FROM doubts WHERE address > ?1
        AND substr(address, 1 + length(address) - length(?2)) = ?2 UNION
    SELECT address FROM given WHERE address > ?1
        AND substr(address, 1 + length(address) - length(?2)) = ?2
    ORDER BY address LIMIT ?3
)sql";

constexpr auto due_sql = R"sql(
    SELECT findings.address FROM findings JOIN sealings ON sealings.address = findings.address
    WHERE findings.outcome = 'found' AND findings.fresh_until < ?1 AND sealings.last >= ?2
        AND NOT sealings.ended AND NOT EXISTS (
            SELECT 1 FROM opt_outs WHERE name = findings.address OR (instr(name, '@') = 0
                AND '@' || name = substr(findings.address, -length(name) - 1)))
    ORDER BY findings.fresh_until LIMIT ?3
)sql";

constexpr auto given_to_sql = R"sql(
    SELECT DISTINCT address FROM given WHERE address > ?1 AND length(certificate) > 0
        AND NOT EXISTS (
            SELECT 1 FROM opt_outs WHERE name = given.address OR (instr(name, '@') = 0
                AND '@' || name = substr(given.address, -length(name) - 1)))
    ORDER BY address LIMIT ?2
)sql";

constexpr auto put_opt_out_sql =
    "INSERT OR REPLACE INTO opt_outs (name, author, reason, since) VALUES (?1, ?2, ?3, ?4)";

constexpr auto opt_outs_sql = "SELECT name, author, reason, since FROM opt_outs WHERE name > ?1 "
                              "ORDER BY name LIMIT ?2";

constexpr auto lease_sql = R"sql(
    INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?4)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE leases.holder = excluded.holder OR leases.until <= ?3
        OR leases.until > excluded.until -- taken under a clock that was ahead
)sql";

std::string random_name() {
    std::random_device source;
    return std::to_string(source()) + '-' + std::to_string(source());
}

/// What must not be forgotten by a power cut, which costs a sync each: what nobody may say again,
/// and what a person has said. The rest, the last minutes of it, is found again.
bool is_grave(const record_changes& changes) {
    return !changes.given.empty() || !changes.taken_back.empty() ||
           std::ranges::any_of(changes.rejected, &rejected_certificate::revoked);
}

/// Ends a transaction, whatever has happened in it; where none is left, it does nothing.
class rollback {
  public:
    explicit rollback(sqlite3* in) : in_(in) {}
    rollback(const rollback&) = delete;
    rollback& operator=(const rollback&) = delete;
    ~rollback() {
        if (sqlite3_get_autocommit(in_) == 0)
            sqlite3_exec(in_, "ROLLBACK", nullptr, nullptr, nullptr);
    }

  private:
    sqlite3* in_;
};

} // namespace

sqlite_database::sqlite_database(const std::filesystem::path& file)
    : to_{open_sqlite_file(file), {}}, holder_(random_name()) {
    sqlite3_busy_timeout(to_.handle.get(), busy_timeout_ms);
}

result<record> sqlite_database::recall(const std::string& address) {
    // One look at the file for all tables: one lock instead of six, and nothing that another
    // process writes meanwhile is half seen.
    if (auto begun = run("BEGIN"); !begun) return begun.error();
    const rollback at_the_end(to_.handle.get()); // there is nothing to commit
    return read_record(to_, address);
}

result<void> sqlite_database::remember(const std::string& address, const record_changes& changes) {
    const auto& seen = changes.remembered;
    if (seen && (seen->what.result == outcome::temporary ||
                 (seen->what.result == outcome::found) != seen->what.found.has_value()))
        return sqlite_error(SQLITE_MISUSE);
    const auto wanted = is_grave(changes) ? durability::at_once : durability::usual;
    return write(wanted, [&]() -> result<void> {
        const auto before = read_record(to_, address);
        if (!before) return before.error();
        auto after = *before;
        apply(after, changes);
        return write_record(to_, address, *before, after);
    });
}

result<std::vector<known_address>>
sqlite_database::browse(const std::string& domain, const std::string& after, std::size_t limit) {
    const auto ending = domain.empty() ? domain : '@' + domain;
    auto query = to_.prepare(browse_sql);
    query.bind(1, after);
    query.bind(2, ending);
    query.bind(3, static_cast<std::int64_t>(limit));
    const auto addresses = texts(std::move(query));
    if (!addresses) return addresses.error();
    std::vector<known_address> known;
    for (const auto& address : *addresses) {
        auto one = read_record(to_, address);
        if (!one) return one.error();
        known.push_back({address, std::move(*one)});
    }
    return known;
}

result<void> sqlite_database::forget(const std::string& address) {
    return write(durability::at_once, [&]() -> result<void> {
        for (const auto* const sql :
             {"DELETE FROM findings WHERE address = ?1", "DELETE FROM sealings WHERE address = ?1",
              "DELETE FROM doubts WHERE address = ?1", "DELETE FROM given WHERE address = ?1",
              "DELETE FROM rejected WHERE address = ?1 AND NOT revoked"})
            if (auto gone = change(sql, address); !gone) return gone.error();
        return {};
    });
}

result<std::size_t> sqlite_database::forget_domain(const std::string& domain) {
    const auto ending = '@' + domain;
    std::size_t addresses = 0;
    auto done = write(durability::at_once, [&]() -> result<void> {
        auto query = to_.prepare(
            "SELECT count(*) FROM (SELECT address FROM findings UNION SELECT address FROM sealings "
            "UNION SELECT address FROM doubts) WHERE substr(address, -length(?1)) = ?1");
        query.bind(1, ending);
        if (const int code = query.step(); code != SQLITE_ROW) return sqlite_error(code);
        addresses = static_cast<std::size_t>(query.number(0));
        for (const auto* const sql :
             {"DELETE FROM findings WHERE substr(address, -length(?1)) = ?1",
              "DELETE FROM sealings WHERE substr(address, -length(?1)) = ?1",
              "DELETE FROM doubts WHERE substr(address, -length(?1)) = ?1",
              "DELETE FROM rejected WHERE substr(address, -length(?1)) = ?1 AND NOT revoked"})
            if (auto gone = change(sql, ending); !gone) return gone.error();
        auto gone = change("DELETE FROM directories WHERE domain = ?1", domain);
        if (!gone) return gone.error();
        return {};
    });
    if (!done) return done.error();
    return addresses;
}

result<std::vector<std::string>> sqlite_database::due(const due_for_refresh& which) {
    auto query = to_.prepare(due_sql);
    query.bind(1, which.fresh_until);
    query.bind(2, which.sealed_since);
    query.bind(3, static_cast<std::int64_t>(which.limit));
    return texts(std::move(query));
}

result<std::vector<std::string>> sqlite_database::given_to(const std::string& after,
                                                           std::size_t limit) {
    auto query = to_.prepare(given_to_sql);
    query.bind(1, after);
    query.bind(2, static_cast<std::int64_t>(limit));
    return texts(std::move(query));
}

result<void> sqlite_database::put_opt_out(const opt_out& one) {
    return write(durability::at_once, [&]() -> result<void> {
        auto query = to_.prepare(put_opt_out_sql);
        query.bind(1, one.name);
        query.bind(2, one.by);
        query.bind(3, one.why);
        query.bind(4, one.since);
        if (const int code = query.step(); code != SQLITE_DONE) return sqlite_error(code);
        return {};
    });
}

result<std::size_t> sqlite_database::end_opt_out(const std::string& name) {
    std::size_t ended = 0;
    auto done = write(durability::at_once, [&]() -> result<void> {
        const auto gone = change("DELETE FROM opt_outs WHERE name = ?1", name);
        if (!gone) return gone.error();
        ended = *gone;
        return {};
    });
    if (!done) return done.error();
    return ended;
}

result<std::vector<opt_out>> sqlite_database::opt_outs(const std::string& after,
                                                       std::size_t limit) {
    auto query = to_.prepare(opt_outs_sql);
    query.bind(1, after);
    query.bind(2, static_cast<std::int64_t>(limit));
    std::vector<opt_out> read;
    int code = query.step();
    for (; code == SQLITE_ROW; code = query.step())
        read.push_back(read_opt_out(query));
    if (code != SQLITE_DONE) return sqlite_error(code);
    return read;
}

result<void> sqlite_database::prune(std::chrono::sys_seconds before) {
    return write(durability::usual, [&]() -> result<void> {
        for (const auto* const sql : {"DELETE FROM findings WHERE asked < ?1",
                                      "DELETE FROM rejected WHERE seen < ?1 AND NOT revoked",
                                      "DELETE FROM leases WHERE until < max(unixepoch(), ?1)"})
            if (auto gone = change(sql, before); !gone) return gone.error();
        return {};
    });
}

result<lease> sqlite_database::take_lease(const std::string& name, std::chrono::seconds how_long) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    auto whose = lease::somebody_elses;
    auto done = write(durability::usual, [&]() -> result<void> {
        auto query = to_.prepare(lease_sql);
        query.bind(1, name);
        query.bind(2, holder_);
        query.bind(3, now);
        query.bind(4, now + how_long);
        if (const int code = query.step(); code != SQLITE_DONE) return sqlite_error(code);
        if (sqlite3_changes(to_.handle.get()) > 0) whose = lease::ours;
        return {};
    });
    if (!done) return done.error();
    return whose;
}

/// One transaction around `rows`.
result<void> sqlite_database::write(durability wanted, const std::function<result<void>()>& rows) {
    if (std::chrono::steady_clock::now() < writes_again_) return sqlite_error(SQLITE_BUSY);
    auto done = run(wanted == durability::at_once ? "PRAGMA synchronous = FULL"
                                                  : "PRAGMA synchronous = NORMAL");
    if (done) done = run("BEGIN IMMEDIATE");
    const rollback at_the_end(to_.handle.get());
    if (done) done = rows();
    if (done) done = run("COMMIT");
    if (!done && (done.error().value() & 0xff) == SQLITE_BUSY)
        writes_again_ = std::chrono::steady_clock::now() + no_writing;
    return done;
}

result<void> sqlite_database::run(const char* sql) {
    const int code = sqlite3_exec(to_.handle.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return sqlite_error(sqlite3_extended_errcode(to_.handle.get()));
    return {};
}

template<class About>
result<std::size_t> sqlite_database::change(const char* sql, const About& about) {
    auto query = to_.prepare(sql);
    query.bind(1, about);
    if (const int code = query.step(); code != SQLITE_DONE) return sqlite_error(code);
    return static_cast<std::size_t>(sqlite3_changes(to_.handle.get()));
}

result<std::vector<std::string>> sqlite_database::texts(sqlite_statement query) {
    std::vector<std::string> read;
    int code = query.step();
    for (; code == SQLITE_ROW; code = query.step())
        read.push_back(query.octets(0));
    if (code != SQLITE_DONE) return sqlite_error(code);
    return read;
}

} // namespace postseal::keys
