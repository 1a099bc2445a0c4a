// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_schema.hpp"

#include "keys/sqlite_file.hpp"

#include <iterator>
#include <stdexcept>
#include <string>

namespace postseal::keys {
namespace {

/// One step a version; PRAGMA user_version counts the steps that were taken. Never edit a step that
/// was released: add one.
constexpr const char* migrations[] = {
    // Times are seconds since 1970. `address` is spelled as lookup_key does. `certificate` and what
    // belongs to it are there exactly when the outcome is 'found'.
    R"sql(
    CREATE TABLE findings (
        address         TEXT PRIMARY KEY,
        outcome         TEXT NOT NULL CHECK (outcome IN ('found', 'absent', 'unusable', 'temporary')),
        source          TEXT NOT NULL,
        reason          TEXT NOT NULL,
        asked           INTEGER NOT NULL,
        fresh_until     INTEGER NOT NULL,
        fingerprint     TEXT,
        certificate     BLOB,
        encryption_keys BLOB, -- eight octets a key ID, big-endian
        created         INTEGER,
        expires         INTEGER, -- NULL: never
        CHECK ((outcome = 'found') = (certificate IS NOT NULL))
    ) STRICT, WITHOUT ROWID;
    )sql",
    // Kept whatever becomes of the finding.
    R"sql(
    CREATE TABLE rejected (
        address     TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        certificate BLOB NOT NULL,
        revoked     INTEGER NOT NULL CHECK (revoked IN (0, 1)),
        seen        INTEGER NOT NULL,
        PRIMARY KEY (address, fingerprint)
    ) STRICT, WITHOUT ROWID;
    )sql",
    // `domain` is an A-label.
    R"sql(
    CREATE TABLE sealed (
        address      TEXT PRIMARY KEY,
        denied_since INTEGER -- NULL: nobody has said since that there is no key
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE directories (
        domain TEXT PRIMARY KEY,
        seen   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    )sql",
    // On whose word, to which key, from which host: what was written before does not say, and its
    // keys are judged again. Temporary findings are no longer kept.
    R"sql(
    DELETE FROM findings WHERE outcome = 'temporary';
    ALTER TABLE findings ADD COLUMN origin TEXT NOT NULL DEFAULT 'third party';
    ALTER TABLE findings ADD COLUMN algorithm TEXT NOT NULL DEFAULT '';
    UPDATE findings SET
        origin = CASE source WHEN 'wkd' THEN 'domain' WHEN 'directory' THEN 'administrator'
                 ELSE 'third party' END,
        fresh_until = CASE outcome WHEN 'found' THEN min(fresh_until, asked) ELSE fresh_until END;
    CREATE INDEX findings_by_age ON findings (fresh_until) WHERE outcome = 'found';

    CREATE TABLE sealings (
        address     TEXT PRIMARY KEY,
        last        INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,
        expires     INTEGER,
        origin      TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO sealings SELECT address, unixepoch(), '', NULL, 'domain' FROM sealed;
    CREATE TABLE doubts (
        address        TEXT PRIMARY KEY,
        denied_since   INTEGER,
        unusable_since INTEGER
    ) STRICT, WITHOUT ROWID;
    INSERT INTO doubts SELECT address, denied_since, NULL FROM sealed
        WHERE denied_since IS NOT NULL;
    DROP TABLE sealed;

    CREATE TABLE given (
        address     TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        certificate BLOB NOT NULL, -- empty: to be found by the sources
        pinned      INTEGER NOT NULL CHECK (pinned IN (0, 1)),
        note        TEXT NOT NULL,
        since       INTEGER NOT NULL,
        PRIMARY KEY (address, fingerprint)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX one_pin ON given (address) WHERE pinned;

    ALTER TABLE directories ADD COLUMN host TEXT NOT NULL DEFAULT 'none'
        CHECK (host IN ('none', 'advanced', 'direct'));

    CREATE TABLE leases (
        name   TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        until  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    )sql",
    // There is no key any more; it is known which one there was.
    R"sql(
    ALTER TABLE sealings ADD COLUMN ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1));
    )sql",
    // `name` is an address as above, or a domain: an A-label.
    R"sql(
    CREATE TABLE opt_outs (
        name   TEXT PRIMARY KEY,
        author TEXT NOT NULL,
        reason TEXT NOT NULL,
        since  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    )sql",
};

std::int64_t version_of(const std::filesystem::path& file, sqlite3* opened) {
    sqlite_statement query(opened, "PRAGMA user_version");
    const int code = query.step();
    if (code != SQLITE_ROW) fail_with(file, opened, code);
    return query.number(0);
}

} // namespace

void bring_up_to_date(const std::filesystem::path& file, sqlite3* opened) {
    const auto known = static_cast<std::int64_t>(std::size(migrations));
    if (version_of(file, opened) == known) return; // without a lock, which somebody else may have
    // One relay does it while another one that was started at the same time waits.
    run_sql(file, opened, "BEGIN IMMEDIATE");
    auto found = version_of(file, opened);
    if (found < 0 || found > known)
        throw std::runtime_error(
            "the key store " + file.string() + " was written by a newer postseal (its version is " +
            std::to_string(found) + ", this one knows " + std::to_string(known) +
            "): start that one again, or restore a backup of the file from before it");
    for (; found < known; ++found) {
        run_sql(file, opened, migrations[found]);
        run_sql(file, opened, "PRAGMA user_version = " + std::to_string(found + 1));
    }
    run_sql(file, opened, "COMMIT");
}

} // namespace postseal::keys
