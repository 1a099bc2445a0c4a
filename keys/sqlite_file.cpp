// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_file.hpp"

#include "keys/sqlite_schema.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>
#include <system_error>

namespace postseal::keys {
namespace {

/// Another process (`postseal keys`, a backup) may hold the file for a moment.
constexpr int busy_timeout_at_start_ms = 5000;

/// What is in it tells who writes to whom: readable by us alone, before SQLite has
/// written a byte. Its side files take the mode of the main one.
void create_private(const std::filesystem::path& file) {
    const int open = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (open < 0)
        throw std::runtime_error("cannot open the key store " + file.string() + ": " +
                                 std::generic_category().message(errno) +
                                 "; its folder has to exist and to be ours to write");
    const int refused = ::fchmod(open, 0600) == 0 ? 0 : errno;
    ::close(open);
    if (refused)
        throw std::runtime_error("cannot make the key store " + file.string() +
                                 " private: " + std::generic_category().message(refused));
}

/// A damaged file is found now, with a person watching, not at the first lookup that needs it.
void check(const std::filesystem::path& file, sqlite3* opened) {
    sqlite_statement query(opened, "PRAGMA quick_check(1)");
    const int code = query.step();
    if (code != SQLITE_ROW) fail_with(file, opened, code);
    if (query.octets(0) != "ok") fail_with(file, opened, SQLITE_CORRUPT);
}

} // namespace

sqlite_handle open_sqlite_file(const std::filesystem::path& file) {
    create_private(file);
    sqlite3* opened = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(file.c_str(), &opened, flags, nullptr);
    sqlite_handle owned(opened);
    if (code != SQLITE_OK) fail_with(file, opened, code);
    sqlite3_busy_timeout(opened, busy_timeout_at_start_ms);
    check(file, opened);
    // WAL: a backup may read while we write. NORMAL: a power cut loses the last findings at
    // most, which are looked up again, never the file; FULL would pay an fsync for each.
    run_sql(file, opened, "PRAGMA journal_mode = WAL");
    run_sql(file, opened, "PRAGMA synchronous = NORMAL");
    bring_up_to_date(file, opened);
    return owned;
}

void run_sql(const std::filesystem::path& file, sqlite3* opened, const std::string& sql) {
    const int code = sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail_with(file, opened, code);
}

void fail_with(const std::filesystem::path& file, sqlite3* opened, int code) {
    const int primary = code & 0xff;
    std::string sentence = "cannot use the key store " + file.string() + ": ";
    if (primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT)
        sentence += "it is damaged or no SQLite database; restore it from a backup, or move it "
                    "away together with its -wal file: a new one is made, and keys are looked up "
                    "again, but what was known of revoked ones is lost";
    else
        sentence += opened ? sqlite3_errmsg(opened) : sqlite3_errstr(code);
    throw std::runtime_error(sentence);
}

} // namespace postseal::keys
