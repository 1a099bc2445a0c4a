// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_store.hpp"

#include "tests/unit/keys/awaited.hpp"
#include "tests/unit/keys/private_folder.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

using namespace postseal;
using namespace postseal::keys;
using namespace std::chrono_literals;

BOOST_TEST_DONT_PRINT_LOG_VALUE(outcome)

namespace {

namespace asio = boost::asio;

const std::chrono::sys_seconds now{std::chrono::sys_days{2024y / 6 / 15}};
const smtp::mailbox bob{"bob", "example.org"};

memory found_entry() {
    certificate key;
    key.fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567";
    key.bytes = std::make_shared<const std::string>("\x99\0binary\xff", 9);
    key.encryption_keys = {0xffeeddccbbaa9988, 1};
    key.created = now - 1000h;
    key.expires = now + 1000h;
    memory entry;
    entry.what = {outcome::found, std::move(key), "wkd", "at https://example.org/"};
    entry.asked = now;
    entry.fresh_until = now + 24h;
    return entry;
}

memory other_entry(outcome what) {
    memory entry;
    entry.what = {what, std::nullopt, "wkd", "it's a reason"};
    entry.asked = now + 48h;
    entry.fresh_until = now + 49h;
    return entry;
}

memory recalled(sqlite_store& store, const smtp::mailbox& address = bob) {
    const auto said = awaited(store.recall(address));
    BOOST_TEST_REQUIRE(said.has_value());
    BOOST_TEST_REQUIRE(said->has_value());
    return **said;
}

void remember(sqlite_store& store, const memory& entry, const smtp::mailbox& address = bob) {
    BOOST_TEST_REQUIRE(awaited(store.remember(address, entry)).has_value());
}

void check_same(const memory& a, const memory& b) {
    BOOST_TEST(a.what.result == b.what.result);
    BOOST_TEST(a.what.source == b.what.source);
    BOOST_TEST(a.what.reason == b.what.reason);
    BOOST_TEST((a.asked == b.asked && a.fresh_until == b.fresh_until));
    BOOST_TEST_REQUIRE(a.what.found.has_value() == b.what.found.has_value());
    if (!a.what.found) return;
    BOOST_TEST(a.what.found->fingerprint == b.what.found->fingerprint);
    BOOST_TEST(*a.what.found->bytes == *b.what.found->bytes);
    BOOST_TEST(a.what.found->encryption_keys == b.what.found->encryption_keys);
    BOOST_TEST((a.what.found->created == b.what.found->created));
    BOOST_TEST((a.what.found->expires == b.what.found->expires));
}

rejected_certificate rejected_one(int number, bool revoked) {
    rejected_certificate made;
    made.fingerprint = std::string(36, 'A') + std::to_string(1000 + number);
    made.bytes = "certificate " + std::to_string(number);
    made.revoked = revoked;
    made.seen = now + std::chrono::hours(number);
    return made;
}

std::vector<rejected_certificate> rejected(sqlite_store& store) {
    const auto said = awaited(store.recall_rejected(bob));
    BOOST_TEST_REQUIRE(said.has_value());
    return *said;
}

void reject(sqlite_store& store, const rejected_certificate& one) {
    BOOST_TEST_REQUIRE(awaited(store.remember_rejected(bob, {one})).has_value());
}

bool holds(sqlite_store& store, const rejected_certificate& one) {
    const auto all = rejected(store);
    return std::find(all.begin(), all.end(), one) != all.end();
}

unsigned mode_of(const std::filesystem::path& file) {
    struct stat status {};
    BOOST_TEST_REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 0777;
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

const outcome outcomes_without_key[] = {outcome::absent, outcome::unusable, outcome::temporary};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite, fixture)

BOOST_AUTO_TEST_CASE(an_unknown_address_is_nothing) {
    sqlite_store store(file);
    const auto said = awaited(store.recall(bob));
    BOOST_TEST_REQUIRE(said.has_value());
    BOOST_TEST(!said->has_value());
}

BOOST_AUTO_TEST_CASE(a_found_certificate_comes_back_whole_also_after_a_restart) {
    const auto entry = found_entry();
    {
        sqlite_store store(file);
        remember(store, entry);
        check_same(recalled(store), entry);
    }
    sqlite_store again(file);
    check_same(recalled(again), entry);
}

BOOST_AUTO_TEST_CASE(a_certificate_without_an_end_has_none_when_it_comes_back) {
    sqlite_store store(file);
    auto entry = found_entry();
    entry.what.found->expires.reset();
    entry.what.found->encryption_keys.clear();
    remember(store, entry);
    check_same(recalled(store), entry);
}

BOOST_AUTO_TEST_CASE(findings_without_a_key_come_back) {
    sqlite_store store(file);
    for (const auto what : outcomes_without_key) {
        const smtp::mailbox address{std::string(to_string(what)), "example.org"};
        remember(store, other_entry(what), address);
        check_same(recalled(store, address), other_entry(what));
    }
}

BOOST_AUTO_TEST_CASE(addresses_are_one_when_they_differ_in_case_or_spelling_of_the_domain) {
    sqlite_store store(file);
    remember(store, found_entry(), {"Bob", "M\xc3\xbcnchen.DE"});
    BOOST_TEST(recalled(store, {"bob", "xn--mnchen-3ya.de"}).what.result == outcome::found);
    BOOST_TEST(!awaited(store.recall({"bob", "example.org"}))->has_value());
}

BOOST_AUTO_TEST_CASE(a_temporary_finding_never_replaces_a_found_one) {
    sqlite_store store(file);
    remember(store, found_entry());
    remember(store, other_entry(outcome::temporary));
    check_same(recalled(store), found_entry());
}

BOOST_AUTO_TEST_CASE(every_other_finding_replaces_the_one_before) {
    sqlite_store store(file);
    for (const auto what : {outcome::absent, outcome::unusable}) {
        remember(store, found_entry());
        remember(store, other_entry(what));
        check_same(recalled(store), other_entry(what));
    }
    remember(store, other_entry(outcome::temporary));
    check_same(recalled(store), other_entry(outcome::temporary));
    remember(store, found_entry());
    check_same(recalled(store), found_entry());
}

BOOST_AUTO_TEST_CASE(an_entry_that_contradicts_itself_is_refused) {
    sqlite_store store(file);
    auto keyless = other_entry(outcome::found);
    BOOST_TEST(awaited(store.remember(bob, keyless)).has_error());
    auto absent = found_entry();
    absent.what.result = outcome::absent;
    BOOST_TEST(awaited(store.remember(bob, absent)).has_error());
    auto empty = found_entry();
    empty.what.found->bytes.reset();
    BOOST_TEST(awaited(store.remember(bob, empty)).has_error());
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
            check_same(recalled(store), found_entry());
            for (const auto what : outcomes_without_key) {
                const smtp::mailbox address{std::string(to_string(what)), "example.org"};
                check_same(recalled(store, address), other_entry(what));
            }
            reject(store, rejected_one(1, true));
            BOOST_TEST(holds(store, rejected_one(1, true)));
        }
    }
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

BOOST_AUTO_TEST_CASE(what_was_rejected_comes_back_also_after_a_restart) {
    {
        sqlite_store store(file);
        BOOST_TEST(rejected(store).empty());
        reject(store, rejected_one(1, false));
        reject(store, rejected_one(2, true));
        remember(store, found_entry());
    }
    sqlite_store again(file);
    BOOST_TEST(holds(again, rejected_one(1, false)));
    BOOST_TEST(holds(again, rejected_one(2, true)));
    BOOST_TEST(awaited(again.recall_rejected({"carl", "example.org"}))->empty());
}

BOOST_AUTO_TEST_CASE(a_revoked_certificate_is_never_replaced_by_one_that_is_not) {
    sqlite_store store(file);
    reject(store, rejected_one(1, false));
    reject(store, rejected_one(1, true));
    reject(store, rejected_one(1, false));
    BOOST_TEST(rejected(store).size() == 1u);
    BOOST_TEST(holds(store, rejected_one(1, true)));
    auto more = rejected_one(1, true);
    more.bytes += " and more";
    reject(store, more);
    BOOST_TEST(holds(store, more));
}

BOOST_AUTO_TEST_CASE(the_rejected_certificates_of_an_address_are_limited_and_the_revoked_stay) {
    sqlite_store store(file);
    const auto limit = static_cast<int>(max_rejected_certificates);
    for (int i = 0; i < limit; ++i)
        reject(store, rejected_one(i, false));
    reject(store, rejected_one(limit, false));
    BOOST_TEST(!holds(store, rejected_one(limit, false)));
    reject(store, rejected_one(limit, true));
    BOOST_TEST(holds(store, rejected_one(limit, true)));
    BOOST_TEST(!holds(store, rejected_one(0, false)));
    for (int i = limit + 1; i < 3 * limit; ++i)
        reject(store, rejected_one(i, true));
    BOOST_TEST(rejected(store).size() == max_rejected_certificates);
    for (int i = limit; i < 2 * limit; ++i)
        BOOST_TEST(holds(store, rejected_one(i, true)));
}

BOOST_AUTO_TEST_CASE(who_was_sealed_to_and_which_domains_served_keys_is_kept) {
    const sealing plain{true, {}};
    const sealing doubted{true, now};
    {
        sqlite_store store(file);
        BOOST_TEST((*awaited(store.recall_sealing(bob)) == sealing()));
        BOOST_TEST(!awaited(store.recall_directory("example.org"))->has_value());
        BOOST_TEST(awaited(store.remember_sealing(bob, plain)).has_value());
        BOOST_TEST(awaited(store.remember_sealing(bob, doubted)).has_value());
        for (int i = 0; i < 2; ++i)
            BOOST_TEST(awaited(store.remember_directory("example.org", now)).has_value());
    }
    sqlite_store again(file);
    BOOST_TEST((*awaited(again.recall_sealing(bob)) == doubted));
    BOOST_TEST((**awaited(again.recall_directory("example.org")) == now));
    static_cast<void>(awaited(again.remember_sealing(bob, {})));
    BOOST_TEST((*awaited(again.recall_sealing(bob)) == sealing()));
}

BOOST_AUTO_TEST_CASE(two_processes_can_use_one_file) {
    sqlite_store one(file);
    sqlite_store two(file);
    remember(one, found_entry());
    check_same(recalled(two), found_entry());
    remember(two, other_entry(outcome::absent));
    check_same(recalled(one), other_entry(outcome::absent));
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
            auto work = store.remember(address, entry);
            asio::co_spawn(context, std::move(work), [](std::exception_ptr, auto) {});
        }
        context.poll(); // all have asked; hardly one hears the answer
    }
    BOOST_TEST(complaint(file).empty());
}

BOOST_AUTO_TEST_SUITE_END()
