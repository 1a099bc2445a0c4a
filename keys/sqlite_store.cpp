// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_store.hpp"

#include "keys/user_id.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sqlite3.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::result;

/// Another process (`postseal keys`, a backup) may hold the file for a moment: when it is opened,
/// and later, when lookups wait.
constexpr int busy_timeout_at_start_ms = 5000;
constexpr int busy_timeout_ms = 200;

/// After that, nothing is written for a while: what is not remembered is looked up again.
constexpr std::chrono::seconds no_writing{10};

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
};

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

/// SQLite's result codes. Boost's own base class has no virtual destructor.
class category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "postseal.keys.store"; }
    std::string message(int code) const override { return sqlite3_errstr(code); }
};

error_code store_error(int code) {
    static const category sqlite;
    return std::error_code(code, sqlite);
}

struct close_statement {
    void operator()(sqlite3_stmt* open) const { sqlite3_finalize(open); }
};
struct close_database {
    void operator()(sqlite3* open) const { sqlite3_close_v2(open); }
};

/// A prepared statement; the first thing that fails is remembered in `code`.
class statement {
  public:
    statement(sqlite3* in, const char* sql) {
        sqlite3_stmt* prepared = nullptr;
        code_ = sqlite3_prepare_v2(in, sql, -1, &prepared, nullptr);
        handle_.reset(prepared);
    }

    // Bound values have to live until the last step.
    void bind(int place, std::string_view text) {
        note(sqlite3_bind_text64(handle_.get(), place, text.data(), text.size(), SQLITE_STATIC,
                                 SQLITE_UTF8));
    }
    void bind_octets(int place, std::string_view octets) {
        note(
            sqlite3_bind_blob64(handle_.get(), place, octets.data(), octets.size(), SQLITE_STATIC));
    }
    void bind(int place, std::chrono::sys_seconds time) {
        note(sqlite3_bind_int64(handle_.get(), place, time.time_since_epoch().count()));
    }

    /// SQLITE_ROW, SQLITE_DONE or an error.
    int step() { return code_ == SQLITE_OK ? sqlite3_step(handle_.get()) : code_; }

    [[nodiscard]] bool is_null(int column) const {
        return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
    }
    [[nodiscard]] std::string octets(int column) const {
        const void* const first = sqlite3_column_blob(handle_.get(), column);
        const int size = sqlite3_column_bytes(handle_.get(), column);
        return first ? std::string(static_cast<const char*>(first), static_cast<std::size_t>(size))
                     : std::string();
    }
    [[nodiscard]] std::chrono::sys_seconds time(int column) const {
        return std::chrono::sys_seconds(
            std::chrono::seconds(sqlite3_column_int64(handle_.get(), column)));
    }
    [[nodiscard]] std::int64_t number(int column) const {
        return sqlite3_column_int64(handle_.get(), column);
    }

  private:
    void note(int code) {
        if (code_ == SQLITE_OK) code_ = code;
    }

    std::unique_ptr<sqlite3_stmt, close_statement> handle_;
    int code_ = SQLITE_OK;
};

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

} // namespace

/// The open file. Only the store's thread uses it once it is open.
class sqlite_store::database {
  public:
    explicit database(const std::filesystem::path& file) : file_(file) {
        create_private(file);
        sqlite3* opened = nullptr;
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
        const int code = sqlite3_open_v2(file.c_str(), &opened, flags, nullptr);
        handle_.reset(opened);
        if (code != SQLITE_OK) fail(code);
        sqlite3_busy_timeout(opened, busy_timeout_at_start_ms);
        check();
        // WAL: a backup may read while we write. NORMAL: a power cut loses the last findings at
        // most, which are looked up again, never the file; FULL would pay an fsync for each.
        run("PRAGMA journal_mode = WAL");
        run("PRAGMA synchronous = NORMAL");
        migrate();
        sqlite3_busy_timeout(opened, busy_timeout_ms);
    }

    result<std::optional<memory>> recall(const std::string& address);
    result<void> remember(const std::string& address, const memory& entry);

  private:
    void check();
    void migrate();
    std::int64_t version();
    void run(const std::string& sql);
    [[noreturn]] void fail(int code) const;

    std::filesystem::path file_;
    std::unique_ptr<sqlite3, close_database> handle_;
    std::chrono::steady_clock::time_point writes_again_{};
};

result<std::optional<memory>> sqlite_store::database::recall(const std::string& address) {
    statement query(handle_.get(), recall_sql);
    query.bind(1, address);
    const int code = query.step();
    if (code == SQLITE_DONE) return std::optional<memory>();
    if (code != SQLITE_ROW) return store_error(code);

    memory entry;
    const auto read = to_outcome(query.octets(0));
    if (!read) return store_error(SQLITE_CORRUPT);
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

result<void> sqlite_store::database::remember(const std::string& address, const memory& entry) {
    const auto& key = entry.what.found;
    const bool found = entry.what.result == outcome::found;
    if (found != key.has_value() || (found && !key->bytes)) return store_error(SQLITE_MISUSE);

    if (std::chrono::steady_clock::now() < writes_again_) return store_error(SQLITE_BUSY);
    const std::string key_ids = found ? to_octets(key->encryption_keys) : std::string();
    statement query(handle_.get(), remember_sql);
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
    const int code = query.step();
    if ((code & 0xff) == SQLITE_BUSY) writes_again_ = std::chrono::steady_clock::now() + no_writing;
    if (code != SQLITE_DONE) return store_error(code);
    return {};
}

void sqlite_store::database::check() {
    // A damaged file is found now, with a person watching, not at the first lookup that needs it.
    statement query(handle_.get(), "PRAGMA quick_check(1)");
    const int code = query.step();
    if (code != SQLITE_ROW) fail(code);
    if (query.octets(0) != "ok") fail(SQLITE_CORRUPT);
}

void sqlite_store::database::migrate() {
    const auto known = static_cast<std::int64_t>(std::size(migrations));
    if (version() == known) return; // without a lock, which somebody else may have
    // One relay does it while another one that was started at the same time waits.
    run("BEGIN IMMEDIATE");
    auto found = version();
    if (found < 0 || found > known)
        throw std::runtime_error("the key store " + file_.string() +
                                 " was written by a newer postseal (its version is " +
                                 std::to_string(found) + ", this one knows " +
                                 std::to_string(known) + ")");
    for (; found < known; ++found) {
        run(migrations[found]);
        run("PRAGMA user_version = " + std::to_string(found + 1));
    }
    run("COMMIT");
}

std::int64_t sqlite_store::database::version() {
    statement query(handle_.get(), "PRAGMA user_version");
    const int code = query.step();
    if (code != SQLITE_ROW) fail(code);
    return query.number(0);
}

void sqlite_store::database::run(const std::string& sql) {
    const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
}

void sqlite_store::database::fail(int code) const {
    const int primary = code & 0xff;
    std::string sentence = "cannot use the key store " + file_.string() + ": ";
    if (primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT)
        sentence += "it is damaged or no SQLite database; restore it from a backup, or move it "
                    "away: a new one is made, and keys are looked up again";
    else
        sentence += handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
    throw std::runtime_error(sentence);
}

struct sqlite_store::troubles {
    struct trouble {
        const char* what;
        error_code last{};
    };
    trouble reading{"read"};
    trouble writing{"written"};
    std::vector<std::string> untold;

    void note(trouble& about, error_code now) {
        if (now && now != about.last)
            untold.push_back(std::string("the key store cannot be ") + about.what + " (" +
                             now.message() + "): keys are looked up instead");
        about.last = now;
    }
};

sqlite_store::sqlite_store(const std::filesystem::path& file)
    : database_(std::make_shared<database>(file)), troubles_(std::make_shared<troubles>()) {}

sqlite_store::~sqlite_store() { thread_.join(); }

std::vector<std::string> sqlite_store::take_warnings() {
    return std::exchange(troubles_->untold, {});
}

namespace {

// These run on the store's thread; everything by value, since a caller may be gone before them.
template<class Database>
asio::awaitable<result<std::optional<memory>>> recall_in(std::shared_ptr<Database> database,
                                                         std::string address) {
    co_return database->recall(address);
}

template<class Database>
asio::awaitable<result<void>> remember_in(std::shared_ptr<Database> database, std::string address,
                                          memory entry) {
    co_return database->remember(address, entry);
}

} // namespace

// co_spawn completes on the executor of whoever awaits it: the caller's.
asio::awaitable<result<std::optional<memory>>> sqlite_store::recall(smtp::mailbox address) {
    const auto noting = troubles_; // this may be gone when the answer is there
    auto query = recall_in(database_, lookup_key(address));
    auto asked = asio::co_spawn(thread_.get_executor(), std::move(query), asio::use_awaitable);
    auto answer = co_await std::move(asked);
    noting->note(noting->reading, answer ? error_code() : answer.error());
    co_return answer;
}

asio::awaitable<result<void>> sqlite_store::remember(smtp::mailbox address, memory entry) {
    const auto noting = troubles_;
    auto query = remember_in(database_, lookup_key(address), std::move(entry));
    auto asked = asio::co_spawn(thread_.get_executor(), std::move(query), asio::use_awaitable);
    auto answer = co_await std::move(asked);
    noting->note(noting->writing, answer ? error_code() : answer.error());
    co_return answer;
}

} // namespace postseal::keys
