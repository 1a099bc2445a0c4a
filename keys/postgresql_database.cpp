// SPDX-License-Identifier: Apache-2.0
#include "keys/postgresql_database.hpp"

#include "keys/user_id.hpp"

#include <cstdint>
#include <iterator>
#include <span>
#include <utility>

namespace postseal::keys {
namespace {

using statements = std::vector<postgresql_statement>;

// One moment for all that is read.
const postgresql_statement begin_reading{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
const postgresql_statement begin{"BEGIN"};
const postgresql_statement commit{"COMMIT"};

// Also of an address without a row. What stands behind it sees what was committed before the lock
// was had. Whoever writes of an address shares its domain with others who do, but not with whoever
// forgets the whole domain.
constexpr auto lock_address_sql = "SELECT pg_advisory_xact_lock_shared(hashtextextended($2, 1)), "
                                  "pg_advisory_xact_lock(hashtextextended($1, 0))";
constexpr auto lock_domain_sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))";

// A finding that is lost with the server's last moments is looked up again. The other way round
// only 'off' is overruled: an administrator may have asked for more than 'on'.
const postgresql_statement quickly{"SET LOCAL synchronous_commit = off"};
const postgresql_statement durably{"SELECT set_config('synchronous_commit', 'on', true) "
                                   "WHERE current_setting('synchronous_commit') = 'off'"};

/// "@example.org" ends whatever is of that domain; the last '@' counts.
constexpr auto browse_sql = R"sql(
    SELECT address FROM (
        (SELECT address FROM postseal.findings
         WHERE address > $1 AND ($2 = '' OR right(address, length($2)) = $2)
         ORDER BY address LIMIT $3) UNION
        (SELECT DISTINCT address FROM postseal.rejected
         WHERE address > $1 AND ($2 = '' OR right(address, length($2)) = $2)
         ORDER BY address LIMIT $3) UNION
        (SELECT address FROM postseal.sealings
         WHERE address > $1 AND ($2 = '' OR right(address, length($2)) = $2)
         ORDER BY address LIMIT $3) UNION
        (SELECT address FROM postseal.doubts
         WHERE address > $1 AND ($2 = '' OR right(address, length($2)) = $2)
         ORDER BY address LIMIT $3) UNION
        (SELECT DISTINCT address FROM postseal.given
         WHERE address > $1 AND ($2 = '' OR right(address, length($2)) = $2)
         ORDER BY address LIMIT $3)) AS known
    ORDER BY address LIMIT $3
)sql";

constexpr auto count_domain_sql = R"sql(
    SELECT count(*) FROM (SELECT address FROM postseal.findings UNION
                          SELECT address FROM postseal.sealings UNION
                          SELECT address FROM postseal.doubts) AS known
    WHERE right(address, length($1)) = $1
)sql";

constexpr auto due_sql = R"sql(
    SELECT address FROM postseal.findings JOIN postseal.sealings USING (address)
    WHERE outcome = 'found' AND fresh_until < $1 AND last >= $2 AND NOT ended AND NOT EXISTS (
        SELECT FROM postseal.opt_outs WHERE name = address OR (strpos(name, '@') = 0
            AND '@' || name = right(address, length(name) + 1)))
    ORDER BY fresh_until, address LIMIT $3
)sql";

constexpr auto given_to_sql = R"sql(
    SELECT DISTINCT address FROM postseal.given
    WHERE address > $1 AND length(certificate) > 0 AND NOT EXISTS (
        SELECT FROM postseal.opt_outs WHERE name = address OR (strpos(name, '@') = 0
            AND '@' || name = right(address, length(name) + 1)))
    ORDER BY address LIMIT $2
)sql";

constexpr auto put_opt_out_sql = R"sql(
    INSERT INTO postseal.opt_outs (name, author, reason, since) VALUES ($1, $2, $3, $4)
    ON CONFLICT (name) DO UPDATE SET
        author = excluded.author, reason = excluded.reason, since = excluded.since
)sql";

constexpr auto opt_outs_sql =
    "SELECT name, author, reason, since FROM postseal.opt_outs WHERE name > $1 "
    "ORDER BY name LIMIT $2";

// So many rows at a time, and none that somebody is writing: nobody waits for this.
constexpr const char* prune_sql[] = {
    "DELETE FROM postseal.findings WHERE address IN (SELECT address FROM postseal.findings "
    "WHERE asked < $1 LIMIT 5000 FOR UPDATE SKIP LOCKED)",
    "DELETE FROM postseal.rejected WHERE (address, fingerprint) IN (SELECT address, fingerprint "
    "FROM postseal.rejected WHERE seen < $1 AND NOT revoked LIMIT 5000 FOR UPDATE SKIP LOCKED)",
    "DELETE FROM postseal.leases WHERE name IN (SELECT name FROM postseal.leases "
    "WHERE until < greatest(clock_timestamp(), to_timestamp($1::bigint)) LIMIT 5000 FOR UPDATE "
    "SKIP LOCKED)",
};

constexpr auto lease_sql = R"sql(
    INSERT INTO postseal.leases AS held (name, holder, until)
    VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3::bigint))
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE held.holder = excluded.holder OR held.until <= clock_timestamp()
        OR held.until > excluded.until + interval '1 hour' -- the server's clock was ahead
)sql";

std::vector<std::string> texts(const postgresql_rows& from) {
    std::vector<std::string> read;
    for (int row = 0; row < from.count(); ++row)
        read.push_back(from.octets(row, 0));
    return read;
}

void append(statements& to, statements more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// May it be lost with the server's last moments?
bool is_grave(const record_changes& changes) {
    return !changes.rejected.empty() || changes.sealed || changes.ended_sealing || changes.doubts ||
           changes.directory || !changes.given.empty() || !changes.taken_back.empty() ||
           !changes.regiven.empty();
}

/// A finding that none of us makes.
bool is_odd(const memory& entry) {
    const auto& key = entry.what.found;
    return entry.what.result == outcome::temporary ||
           (entry.what.result == outcome::found) != key.has_value() || (key && !key->bytes);
}

} // namespace

postgresql_answer<record> postgresql_database::recall(const std::string& address) {
    statements all{begin_reading};
    append(all, statements_that_ask(address));
    all.push_back(commit);
    const auto told = over_.run(all, until_);
    if (!told) return told.error();
    return read_record(std::span(*told).subspan(1));
}

postgresql_answer<void> postgresql_database::remember(const std::string& address,
                                                      const record_changes& changes) {
    if (changes.remembered && is_odd(*changes.remembered))
        return postgresql_trouble{postgresql_trouble::kind::refused, "no such finding is kept"};
    statements first{begin,
                     is_grave(changes) ? durably : quickly,
                     {lock_address_sql, {text_value(address), text_value(domain_of_key(address))}}};
    const auto ahead = first.size();
    append(first, statements_that_ask(address));
    const auto told = over_.run(first, until_);
    if (!told) return told.error();

    const auto before = read_record(std::span(*told).subspan(ahead));
    if (!before) {
        over_.roll_back(until_);
        return before.error();
    }
    auto after = *before;
    apply(after, changes);
    auto second = statements_that_write(address, *before, after);
    second.push_back(commit);
    return ask_nothing(second);
}

postgresql_answer<std::vector<known_address>> postgresql_database::browse(const std::string& domain,
                                                                          const std::string& after,
                                                                          std::size_t limit) {
    const auto ending = domain.empty() ? domain : '@' + domain;
    const auto told = over_.run(
        {begin_reading,
         {browse_sql,
          {text_value(after), text_value(ending), number_value(static_cast<std::int64_t>(limit))}}},
        until_);
    if (!told) return told.error();
    const auto addresses = texts(told->back());
    statements all;
    for (const auto& address : addresses)
        append(all, statements_that_ask(address));
    const auto each = addresses.empty() ? 0 : all.size() / addresses.size();
    all.push_back(commit);
    const auto rows = over_.run(all, until_);
    if (!rows) return rows.error();
    std::vector<known_address> known;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        auto one = read_record(std::span(*rows).subspan(i * each, each));
        if (!one) return one.error();
        known.push_back({addresses[i], std::move(*one)});
    }
    return known;
}

postgresql_answer<void> postgresql_database::forget(const std::string& address) {
    statements all{begin,
                   durably,
                   {lock_address_sql, {text_value(address), text_value(domain_of_key(address))}}};
    for (const auto* const sql :
         {"DELETE FROM postseal.findings WHERE address = $1",
          "DELETE FROM postseal.sealings WHERE address = $1",
          "DELETE FROM postseal.doubts WHERE address = $1",
          "DELETE FROM postseal.given WHERE address = $1",
          "DELETE FROM postseal.rejected WHERE address = $1 AND NOT revoked"})
        all.push_back({sql, {text_value(address)}});
    all.push_back(commit);
    return ask_nothing(all);
}

postgresql_answer<std::size_t> postgresql_database::forget_domain(const std::string& domain) {
    const auto ending = '@' + domain;
    statements all{begin, durably, {lock_domain_sql, {text_value(domain)}}};
    const auto counted = all.size();
    for (const auto* const sql :
         {count_domain_sql, "DELETE FROM postseal.findings WHERE right(address, length($1)) = $1",
          "DELETE FROM postseal.sealings WHERE right(address, length($1)) = $1",
          "DELETE FROM postseal.doubts WHERE right(address, length($1)) = $1",
          "DELETE FROM postseal.rejected WHERE right(address, length($1)) = $1 AND NOT revoked"})
        all.push_back({sql, {text_value(ending)}});
    all.push_back({"DELETE FROM postseal.directories WHERE domain = $1", {text_value(domain)}});
    all.push_back(commit);
    const auto told = over_.run(all, until_);
    if (!told) return told.error();
    return static_cast<std::size_t>((*told)[counted].number(0, 0));
}

postgresql_answer<std::vector<std::string>> postgresql_database::due(const due_for_refresh& which) {
    const auto told = over_.run({{due_sql,
                                  {time_value(which.fresh_until), time_value(which.sealed_since),
                                   number_value(static_cast<std::int64_t>(which.limit))}}},
                                until_);
    if (!told) return told.error();
    return texts(told->front());
}

postgresql_answer<std::vector<std::string>> postgresql_database::given_to(const std::string& after,
                                                                          std::size_t limit) {
    const auto told = over_.run(
        {{given_to_sql, {text_value(after), number_value(static_cast<std::int64_t>(limit))}}},
        until_);
    if (!told) return told.error();
    return texts(told->front());
}

postgresql_answer<void> postgresql_database::put_opt_out(const opt_out& one) {
    return ask_nothing(
        {begin,
         durably,
         {put_opt_out_sql,
          {text_value(one.name), text_value(one.by), text_value(one.why), time_value(one.since)}},
         commit});
}

postgresql_answer<std::size_t> postgresql_database::end_opt_out(const std::string& name) {
    const auto told =
        over_.run({begin,
                   durably,
                   {"DELETE FROM postseal.opt_outs WHERE name = $1", {text_value(name)}},
                   commit},
                  until_);
    if (!told) return told.error();
    return (*told)[2].affected();
}

postgresql_answer<std::vector<opt_out>> postgresql_database::opt_outs(const std::string& after,
                                                                      std::size_t limit) {
    const auto told = over_.run(
        {{opt_outs_sql, {text_value(after), number_value(static_cast<std::int64_t>(limit))}}},
        until_);
    if (!told) return told.error();
    std::vector<opt_out> read;
    for (int row = 0; row < told->front().count(); ++row)
        read.push_back(read_opt_out(told->front(), row));
    return read;
}

postgresql_answer<void> postgresql_database::prune(std::chrono::sys_seconds before) {
    for (const auto* const sql : prune_sql) {
        for (std::size_t gone = 1; gone > 0;) {
            const auto told = over_.run({{sql, {time_value(before)}}}, until_);
            if (!told) return told.error();
            gone = told->front().affected();
        }
    }
    return {};
}

postgresql_answer<lease> postgresql_database::take_lease(const std::string& name,
                                                         std::chrono::seconds how_long) {
    const auto told = over_.run(
        {begin,
         quickly,
         {lease_sql, {text_value(name), text_value(holder_), number_value(how_long.count())}},
         commit},
        until_);
    if (!told) return told.error();
    return (*told)[2].affected() > 0 ? lease::ours : lease::somebody_elses;
}

postgresql_answer<void> postgresql_database::ask_nothing(const statements& all) {
    const auto told = over_.run(all, until_);
    if (!told) return told.error();
    return {};
}

} // namespace postseal::keys
