// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_store.hpp"

#include "tests/unit/keys/awaited.hpp"
#include "tests/unit/keys/private_folder.hpp"
#include "tests/unit/keys/stored_samples.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

namespace {

namespace asio = boost::asio;

/// One transaction.
void remember(sqlite_store& store, const memory& entry, const smtp::mailbox& address = bob) {
    record_changes changes;
    changes.remembered = entry;
    BOOST_TEST_REQUIRE(awaited(store.remember(address, std::move(changes))).has_value());
}

record recalled(sqlite_store& store, const smtp::mailbox& address = bob) {
    auto said = awaited(store.recall(address));
    BOOST_TEST_REQUIRE(said.has_value());
    return *said;
}

unsigned mode_of(const std::filesystem::path& file) {
    struct stat status {};
    BOOST_TEST_REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 0777;
}

void run_sqlite(const std::filesystem::path& file, const char* sql) {
    sqlite3* opened = nullptr;
    BOOST_TEST_REQUIRE(sqlite3_open(file.c_str(), &opened) == SQLITE_OK);
    BOOST_TEST_REQUIRE(sqlite3_exec(opened, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(opened);
}

/// What the constructor says; empty where it does not fail.
std::string complaint(const std::filesystem::path& file) {
    try {
        const sqlite_store store(file);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return {};
}

struct fixture {
    private_folder folder;
    std::filesystem::path file = folder.path() / "keys.sqlite";
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite, fixture)

BOOST_AUTO_TEST_CASE(a_lease_that_was_taken_under_a_clock_that_was_ahead_is_none) {
    sqlite_store one(file);
    sqlite_store two(file);
    BOOST_TEST((*awaited(one.take_lease("refreshing", 24h * 900)) == lease::ours));
    BOOST_TEST((*awaited(two.take_lease("refreshing", 1h)) == lease::ours));
    BOOST_TEST((*awaited(one.take_lease("refreshing", 1h)) == lease::somebody_elses));
}

BOOST_AUTO_TEST_CASE(nobody_else_may_read_the_file) {
    const auto before = ::umask(0);
    {
        sqlite_store store(file);
        remember(store, found_entry());
        for (const char* const ending : {"", "-wal", "-shm"})
            BOOST_TEST(mode_of(file.string() + ending) == 0600u);
    }
    ::umask(before);
    std::filesystem::permissions(file, std::filesystem::perms::all);
    sqlite_store again(file);
    BOOST_TEST(mode_of(file) == 0600u);
}

BOOST_AUTO_TEST_CASE(what_is_no_database_is_refused_with_what_to_do_and_left_as_it_was) {
    const std::string text =
        "This is not a database, and is longer than the header of one. " + std::string(4096, 'x');
    folder.write("keys.sqlite", text);
    const auto said = complaint(file);
    BOOST_TEST(said.find(file.string()) != std::string::npos);
    BOOST_TEST(said.find("damaged or no SQLite database") != std::string::npos);
    BOOST_TEST(std::filesystem::file_size(file) == text.size());
}

BOOST_AUTO_TEST_CASE(a_damaged_database_is_refused_when_it_is_opened) {
    {
        sqlite_store store(file);
        auto large = found_entry();
        large.what.found->bytes = std::make_shared<const std::string>(100'000, 'k');
        for (int i = 0; i < 10; ++i)
            remember(store, large, {"user" + std::to_string(i), "example.org"});
    }
    // The size and the first pages stay as they are: nothing else would find it so early.
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file));
    {
        std::fstream raw(file, std::ios::in | std::ios::out | std::ios::binary);
        raw.seekp(3 * 4096);
        raw << std::string(static_cast<std::size_t>(size) - 3 * 4096, '\xff');
    }
    BOOST_TEST(complaint(file).find("damaged") != std::string::npos);
    std::filesystem::resize_file(file, static_cast<std::uintmax_t>(size) / 2);
    BOOST_TEST(complaint(file).find("damaged") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_named) {
    const auto said = complaint(folder.path() / "missing" / "keys.sqlite");
    BOOST_TEST(said.find("missing/keys.sqlite") != std::string::npos);
    BOOST_TEST(said.find("No such file or directory") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_database_of_a_newer_version_is_refused_and_kept) {
    { const sqlite_store store(file); }
    // The user version stands at octet 60 of the file, big-endian.
    {
        std::fstream raw(file, std::ios::in | std::ios::out | std::ios::binary);
        raw.seekp(60);
        raw.write("\0\0\x03\xe7", 4);
    }
    BOOST_TEST(complaint(file).find("written by a newer postseal (its version is 999") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_of_the_first_version_keeps_what_it_holds) {
    std::filesystem::copy_file(std::string(POSTSEAL_TEST_DATA) + "/keys/store-1.sqlite", file);
    for (const char* const when : {"brought up to date", "opened again"}) {
        BOOST_TEST_CONTEXT(when) {
            sqlite_store store(file);
            auto expected = found_entry();
            expected.fresh_until = expected.asked; // what it could not say is asked again
            expected.what.found->algorithm.clear();
            const auto known = recalled(store);
            BOOST_TEST_REQUIRE(known.remembered.has_value());
            check_same(*known.remembered, expected);
            for (const auto what : {outcome::absent, outcome::unusable}) {
                const auto other = recalled(store, {std::string(to_string(what)), "example.org"});
                BOOST_TEST_REQUIRE(other.remembered.has_value());
                BOOST_TEST((other.remembered->what.result == what));
                BOOST_TEST((other.remembered->what.from == origin::domain));
            }
            BOOST_TEST(!recalled(store, {"temporary", "example.org"}).remembered.has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_file_of_the_third_version_keeps_who_was_sealed_to) {
    run_sqlite(file, R"sql(
        CREATE TABLE findings (address TEXT PRIMARY KEY, outcome TEXT, source TEXT, reason TEXT,
            asked INTEGER, fresh_until INTEGER, fingerprint TEXT, certificate BLOB,
            encryption_keys BLOB, created INTEGER, expires INTEGER) STRICT, WITHOUT ROWID;
        CREATE TABLE rejected (address TEXT, fingerprint TEXT, certificate BLOB, revoked INTEGER,
            seen INTEGER, PRIMARY KEY (address, fingerprint)) STRICT, WITHOUT ROWID;
        CREATE TABLE sealed (address TEXT PRIMARY KEY, denied_since INTEGER) STRICT, WITHOUT ROWID;
        CREATE TABLE directories (domain TEXT PRIMARY KEY, seen INTEGER NOT NULL)
            STRICT, WITHOUT ROWID;
        INSERT INTO sealed VALUES ('bob@example.org', 77), ('carl@example.org', NULL);
        INSERT INTO directories VALUES ('example.org', 55);
        PRAGMA user_version = 3)sql");
    sqlite_store store(file);
    const auto of_bob = recalled(store);
    BOOST_TEST(of_bob.sealed.has_value());
    BOOST_TEST((of_bob.doubts.denied_since == std::chrono::sys_seconds(77s)));
    BOOST_TEST(
        (of_bob.directory == known_directory{wkd_host::none, std::chrono::sys_seconds(55s)}));
    const auto of_carl = recalled(store, {"carl", "example.org"});
    BOOST_TEST(of_carl.sealed.has_value());
    BOOST_TEST(of_carl.doubts.empty());
}

BOOST_AUTO_TEST_CASE(a_step_that_fails_leaves_the_file_as_it_was) {
    { const sqlite_store store(file); }
    // As if the first version had written it: the tables of later ones are there already.
    {
        std::fstream raw(file, std::ios::in | std::ios::out | std::ios::binary);
        raw.seekp(60);
        raw.write("\0\0\0\1", 4);
    }
    for (int i = 0; i < 2; ++i) {
        const auto said = complaint(file);
        BOOST_TEST(said.find(file.string()) != std::string::npos);
        BOOST_TEST(said.find("already exists") != std::string::npos, said);
    }
}

namespace {

asio::awaitable<bool> resumes_here(sqlite_store& store) {
    const auto caller = std::this_thread::get_id();
    auto query = store.recall(bob);
    const auto said = co_await std::move(query);
    co_return said.has_value() && std::this_thread::get_id() == caller;
}

} // namespace

BOOST_AUTO_TEST_CASE(queries_come_back_to_the_callers_thread) {
    sqlite_store store(file);
    BOOST_TEST(awaited(resumes_here(store)));
}

BOOST_AUTO_TEST_CASE(a_caller_that_goes_away_does_not_disturb_its_query) {
    const auto entry = found_entry();
    {
        asio::io_context context;
        sqlite_store store(file);
        for (int i = 0; i < 50; ++i) {
            const smtp::mailbox address{"user" + std::to_string(i), "example.org"};
            record_changes changes;
            changes.remembered = entry;
            auto work = store.remember(address, std::move(changes));
            asio::co_spawn(context, std::move(work), [](std::exception_ptr, auto) {});
        }
        context.poll(); // all have asked; hardly one hears the answer
    }
    BOOST_TEST(complaint(file).empty());
}

BOOST_AUTO_TEST_SUITE_END()
