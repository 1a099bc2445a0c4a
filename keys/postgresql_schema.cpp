// SPDX-License-Identifier: Apache-2.0
#include "keys/postgresql_schema.hpp"

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>

namespace postseal::keys {
namespace {

using kind = postgresql_trouble::kind;
using time_point = postgresql_connection::time_point;
using steady = std::chrono::steady_clock;
using std::chrono::sys_seconds;

constexpr std::chrono::seconds patience{5};
constexpr std::chrono::minutes patience_with_steps{5};

/// Statements and the version that they lead to; schema_version says which steps were taken. Never
/// edit a step that was released: add some.
struct step {
    std::int64_t version;
    const char* sql;
};

constexpr step steps[] = {
    // Times are seconds since 1970. `address` is spelled as lookup_key does. `certificate` and what
    // belongs to it are there exactly when the outcome is 'found'.
    {1, R"sql(
    CREATE TABLE postseal.findings (
        address         text COLLATE "C" PRIMARY KEY,
        outcome         text NOT NULL CHECK (outcome IN ('found', 'absent', 'unusable')),
        source          text NOT NULL,
        reason          text NOT NULL,
        origin          text NOT NULL CHECK (origin IN ('administrator', 'domain', 'third party')),
        asked           bigint NOT NULL,
        fresh_until     bigint NOT NULL,
        fingerprint     text,
        certificate     bytea,
        encryption_keys bytea,  -- eight octets a key ID, big-endian
        created         bigint,
        expires         bigint, -- NULL: never
        algorithm       text,
        CHECK ((outcome = 'found') = (certificate IS NOT NULL))
    ))sql"},
    {1, "CREATE INDEX findings_by_age ON postseal.findings (fresh_until, address) "
        "WHERE outcome = 'found'"},
    // Kept whatever becomes of the finding.
    {1, R"sql(
    CREATE TABLE postseal.rejected (
        address     text COLLATE "C" NOT NULL,
        fingerprint text COLLATE "C" NOT NULL,
        certificate bytea NOT NULL,
        revoked     boolean NOT NULL,
        seen        bigint NOT NULL,
        PRIMARY KEY (address, fingerprint)
    ))sql"},
    {1, R"sql(
    CREATE TABLE postseal.sealings (
        address     text COLLATE "C" PRIMARY KEY,
        last        bigint NOT NULL,
        fingerprint text NOT NULL,
        expires     bigint,
        origin      text NOT NULL CHECK (origin IN ('administrator', 'domain', 'third party'))
    ))sql"},
    {1, R"sql(
    CREATE TABLE postseal.doubts (
        address        text COLLATE "C" PRIMARY KEY,
        denied_since   bigint,
        unusable_since bigint
    ))sql"},
    // `certificate` is empty where the sources are to find it.
    {1, R"sql(
    CREATE TABLE postseal.given (
        address     text COLLATE "C" NOT NULL,
        fingerprint text COLLATE "C" NOT NULL,
        certificate bytea NOT NULL,
        pinned      boolean NOT NULL,
        note        text NOT NULL,
        since       bigint NOT NULL,
        PRIMARY KEY (address, fingerprint)
    ))sql"},
    {1, "CREATE UNIQUE INDEX one_pin ON postseal.given (address) WHERE pinned"},
    // `domain` is an A-label.
    {1, R"sql(
    CREATE TABLE postseal.directories (
        domain text COLLATE "C" PRIMARY KEY,
        host   text NOT NULL CHECK (host IN ('none', 'advanced', 'direct')),
        seen   bigint NOT NULL
    ))sql"},
    // What one relay does that is enough for all. Not worth a log: after a crash of the server, and
    // on a standby that takes over, it is empty.
    {1, R"sql(
    CREATE UNLOGGED TABLE postseal.leases (
        name   text COLLATE "C" PRIMARY KEY,
        holder text NOT NULL,
        until  timestamptz NOT NULL -- by the server's clock
    ))sql"},
    // There is no key any more; it is known which one there was.
    {2, "ALTER TABLE postseal.sealings ADD COLUMN ended boolean NOT NULL DEFAULT false"},
    // `name` is an address as above, or a domain: an A-label.
    {3, R"sql(
    CREATE TABLE postseal.opt_outs (
        name   text COLLATE "C" PRIMARY KEY,
        author text NOT NULL,
        reason text NOT NULL,
        since  bigint NOT NULL
    ))sql"},
};

const std::int64_t known = steps[std::size(steps) - 1].version;

/// "postseal" in octets: no other program's lock is taken for ours by chance.
constexpr const char* lock_sql = "SELECT pg_try_advisory_xact_lock(8101815770439278956)";
constexpr std::chrono::milliseconds between_tries{100};

// A time limit of the server's is for what nobody waits for any more; a transaction that a relay
// has left open must not keep an address locked. Without the search path nobody who may make tables
// here can have theirs taken for ours.
constexpr const char* limits_sql = R"sql(
    SELECT set_config('search_path', 'pg_catalog', false),
           set_config('default_transaction_isolation', 'read committed', false),
           set_config('idle_in_transaction_session_timeout', '5s', false),
           set_config('statement_timeout', '5s', false), set_config('lock_timeout', '5s', false),
           set_config('application_name', $1, false)
)sql";

// The version of a session's tables is in its name, from before it has looked at them. Those that
// know only older ones have to look again, and then leave them alone.
constexpr std::string_view session_prefix = "postseal/";
constexpr const char* end_older_sql = R"sql(
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() AND
          CASE WHEN application_name ~ '^postseal/[0-9]{1,9}$'
               THEN substr(application_name, 10)::bigint < $1 ELSE false END
)sql";

constexpr const char* clock_sql = "SELECT extract(epoch FROM clock_timestamp())::bigint";

constexpr const char* unlimited_sql =
    "SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false),"
    " set_config('idle_in_transaction_session_timeout', '0', false)";

constexpr const char* session_sql = R"sql(
    SELECT pid::bigint, (extract(epoch FROM backend_start) * 1000000)::bigint
    FROM pg_stat_activity WHERE pid = pg_backend_pid()
)sql";
constexpr const char* end_session_sql = R"sql(
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid = $1 AND (extract(epoch FROM backend_start) * 1000000)::bigint = $2
)sql";

// From the catalogue itself: what to_regclass knows may be of before the lock was had.
constexpr const char* state_sql = R"sql(
    SELECT current_setting('server_encoding'),
           EXISTS (SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                   WHERE nspname = 'postseal' AND relname = 'schema_version'),
           EXISTS (SELECT FROM pg_namespace WHERE nspname = 'postseal')
)sql";

struct found_state {
    std::int64_t version = 0; ///< 0: there are no tables of ours
    bool has_schema = false;
};

postgresql_answer<found_state> look(postgresql_connection& at, time_point until) {
    const auto told = at.run({{state_sql}}, until);
    if (!told) return told.error();
    const auto& row = told->front();
    if (const auto encoding = row.octets(0, 0); encoding != "UTF8")
        return postgresql_trouble{kind::unfit, "its database is encoded in " + encoding +
                                                   "; make one with createdb -E UTF8 -T template0"};
    found_state state{0, row.truth(0, 2)};
    if (!row.truth(0, 1)) return state;
    const auto version = at.run({{"SELECT version FROM postseal.schema_version"}}, until);
    if (!version) return version.error();
    if (version->front().count() > 0) state.version = version->front().number(0, 0);
    if (state.version > known)
        return postgresql_trouble{
            kind::unfit, "its tables were written by a newer postseal (their version is " +
                             std::to_string(state.version) + ", this one knows " +
                             std::to_string(known) + "): update this one, or restore a backup"};
    return state;
}

/// Begins a transaction that has the lock. Another relay may have it for long, or have been halted
/// with it: whoever is to stop meanwhile does.
postgresql_answer<void> begin_alone(postgresql_connection& at, time_point until,
                                    const std::function<bool()>& is_stopping) {
    while (!is_stopping()) {
        const auto tried = at.run({{"BEGIN"}, {lock_sql}}, until);
        if (!tried) return tried.error();
        if (tried->back().truth(0, 0)) return {};
        at.roll_back(until);
        if (!at.is_usable() || steady::now() >= until)
            return postgresql_trouble{
                kind::late, "another relay is still bringing its tables up to date, or has been "
                            "halted while it did: end that one's session on the server"};
        std::this_thread::sleep_for(between_tries);
    }
    return postgresql_trouble{kind::late, "postseal is being stopped"};
}

postgresql_answer<void> bring_up_to_date(postgresql_connection& at, time_point until,
                                         const std::function<bool()>& is_stopping) {
    const auto unlimited = at.run({{unlimited_sql}}, until);
    if (!unlimited) return unlimited.error();
    if (const auto begun = begin_alone(at, until, is_stopping); !begun) return begun.error();
    const auto state = look(at, until); // another relay may have done it meanwhile
    if (!state) return state.error();
    std::vector<postgresql_statement> missing;
    if (!state->has_schema) missing.push_back({"CREATE SCHEMA postseal"});
    if (state->version == 0) {
        missing.push_back({"CREATE TABLE postseal.schema_version (version bigint NOT NULL)"});
        missing.push_back({"INSERT INTO postseal.schema_version VALUES (0)"});
    }
    for (const auto& one : steps)
        if (one.version > state->version) missing.push_back({one.sql});
    missing.push_back({"UPDATE postseal.schema_version SET version = $1", {number_value(known)}});
    missing.push_back({"COMMIT"});
    if (auto done = at.run(missing, until); !done) return done.error();
    return {};
}

/// What the server's clock says.
postgresql_answer<sys_seconds> end_older(postgresql_connection& by, time_point until) {
    const auto told = by.run({{clock_sql}, {end_older_sql, {number_value(known)}}}, until);
    if (!told) return told.error();
    return sys_seconds(std::chrono::seconds(told->front().number(0, 0)));
}

} // namespace

postgresql_answer<sys_seconds> prepare(postgresql_connection& opened,
                                       const std::function<bool()>& is_stopping) {
    const postgresql_statement limits{
        limits_sql, {text_value(std::string(session_prefix) + std::to_string(known))}};
    const auto until = steady::now() + patience;
    const auto limited = opened.run({limits, {session_sql}}, until);
    if (!limited) return limited.error();
    const auto& session = limited->back();
    opened.session = {session.number(0, 0), session.number(0, 1)};
    const auto state = look(opened, until);
    if (!state) return state.error();
    if (state->version == known) return end_older(opened, until);
    const auto long_until = steady::now() + patience_with_steps;
    const auto done = bring_up_to_date(opened, long_until, is_stopping);
    if (!done) {
        opened.roll_back(long_until);
        return done.error();
    }
    const auto again = opened.run({limits}, long_until);
    if (!again) return again.error();
    return end_older(opened, long_until);
}

void end_sessions(postgresql_connection& by, const std::vector<postgresql_session>& left) {
    std::vector<postgresql_statement> all;
    for (const auto& [process, begun] : left)
        all.push_back({end_session_sql, {number_value(process), number_value(begun)}});
    if (!all.empty()) static_cast<void>(by.run(all, steady::now() + patience));
}

} // namespace postseal::keys
