// SPDX-License-Identifier: Apache-2.0
// What the PostgreSQL store does when its server is away, says no, or is shared.
#include "keys/postgresql_store.hpp"

#include "keys/postgresql_database.hpp"
#include "keys/postgresql_schema.hpp"

#include "tests/unit/keys/awaited.hpp"
#include "tests/unit/keys/postgresql_server.hpp"
#include "tests/unit/keys/scripted_resolver.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <thread>

using namespace postseal;
using namespace postseal::keys;
using postseal::keys::test::scripted_resolver;
using namespace std::chrono_literals;

BOOST_TEST_DONT_PRINT_LOG_VALUE(lease)

namespace {

using steady = std::chrono::steady_clock;
using kind = postgresql_trouble::kind;

const std::chrono::sys_seconds now{std::chrono::sys_days{2024y / 6 / 15}};
const smtp::mailbox bob{"bob", "example.org"};

postgresql_settings settings_for(const std::string& server) {
    postgresql_settings made;
    made.server = server;
    made.patience = 20s; // a machine that has much to do is no reason to fail
    made.patience_at_start = 20s;
    return made;
}

record_changes revoked(int number) {
    record_changes changes;
    changes.rejected = {{"F" + std::to_string(number), "bytes", true, now}};
    return changes;
}

record_changes absent(std::string reason) {
    record_changes changes;
    changes.remembered.emplace();
    changes.remembered->what.reason = std::move(reason);
    return changes;
}

/// What the constructor says; empty where it does not fail.
std::string complaint(const std::string& server) {
    try {
        const postgresql_store made(settings_for(server));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return {};
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// Whatever is told until it says `part`; empty where it never does.
std::string wait_for_warning(store& from, std::string_view part) {
    std::string all;
    for (const auto until = steady::now() + 30s; steady::now() < until;) {
        for (const auto& one : from.take_warnings())
            all += one + '\n';
        if (contains(all, part)) return all;
        std::this_thread::sleep_for(10ms);
    }
    return {};
}

bool wait_until_it_answers(store& asked) {
    for (const auto until = steady::now() + 30s; steady::now() < until;) {
        if (awaited(asked.recall(bob))) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

/// How long a stop takes.
steady::duration time_to_end(std::unique_ptr<postgresql_store> one) {
    const auto begun = steady::now();
    one.reset();
    return steady::now() - begun;
}

struct server_of_its_own {
    postgresql_server server;
};

struct clean_server {
    clean_server() { server.clear(); }
    postgresql_server& server = shared_server();
};

} // namespace

BOOST_AUTO_TEST_SUITE(postgresql)

BOOST_AUTO_TEST_CASE(a_mistake_in_a_connection_string_is_told_without_it) {
    BOOST_TEST(!mistake_in_postgresql("postgresql://u@h/db?sslmode=verify-full").has_value());
    for (const auto* const written :
         {"postgresql://u:s%cret@h/db", "postgresql://u:secret@h/db?passwrod=secret",
          "postgresql://u:secret@[::1/db"}) {
        const auto mistake = mistake_in_postgresql(written);
        BOOST_TEST_REQUIRE(mistake.has_value(), written);
        BOOST_TEST(!contains(*mistake, "cret"));
        BOOST_TEST(contains(complaint(written), "is no connection string"));
    }
}

BOOST_FIXTURE_TEST_CASE(a_wrong_password_is_told_at_the_start_but_not_which, clean_server) {
    const auto said = complaint(server.where("locked:sesame"));
    BOOST_TEST(contains(said, "password authentication failed"));
    BOOST_TEST(contains(said, "/tmp"));
    BOOST_TEST(!contains(said, "sesame"));
    BOOST_TEST(!contains(said, "28P01"));
    BOOST_TEST(contains(complaint(server.where("locked")), "no password supplied"));
}

BOOST_FIXTURE_TEST_CASE(what_an_administrator_has_to_mend_is_told_at_the_start, clean_server) {
    BOOST_TEST(contains(complaint(server.where("postseal", "nowhere")), "does not exist"));
    BOOST_TEST(contains(complaint(server.where("nobody")), "does not exist"));
    BOOST_TEST(contains(complaint(server.where() + "&sslmode=verify-fool"), "invalid sslmode"));
    server.ask("CREATE ROLE guest LOGIN");
    BOOST_TEST(contains(complaint(server.where("guest")), "permission denied"));
    server.ask("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    const auto said = complaint(server.where("postgres", "latin"));
    BOOST_TEST(contains(said, "encoded in LATIN1"));
    BOOST_TEST(contains(said, "createdb -E UTF8"));
}

BOOST_FIXTURE_TEST_CASE(tables_of_a_newer_version_are_left_alone, clean_server) {
    BOOST_TEST(complaint(server.where()) == "");
    server.ask("UPDATE postseal.schema_version SET version = 999");
    const auto said = complaint(server.where());
    BOOST_TEST(contains(said, "newer postseal (their version is 999, this one knows 1)"));
    BOOST_TEST(server.ask("SELECT version::text FROM postseal.schema_version").front() == "999");
}

BOOST_FIXTURE_TEST_CASE(relays_that_start_at_once_make_the_tables_once, clean_server) {
    std::vector<std::thread> relays;
    std::vector<std::string> said(5);
    for (auto& one : said)
        relays.emplace_back([&] {
            postgresql_store made(settings_for(server.where()));
            one = awaited(made.recall(bob)) ? "" : "no answer; ";
            for (const auto& warning : made.take_warnings())
                one += warning;
        });
    for (auto& one : relays)
        one.join();
    BOOST_TEST(said == std::vector<std::string>(5), boost::test_tools::per_element());
    BOOST_TEST(server.ask("SELECT version::text FROM postseal.schema_version").size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(tables_that_could_not_be_made_are_not_there_by_half, clean_server) {
    server.ask("CREATE SCHEMA postseal AUTHORIZATION postseal");
    server.ask("CREATE TABLE postseal.given (x int)"); // of somebody else's
    const postgresql_store made(settings_for(server.where()));
    BOOST_TEST(!awaited(const_cast<postgresql_store&>(made).recall(bob)).has_value());
    BOOST_TEST(server.ask("SELECT relname::text FROM pg_class WHERE relnamespace = "
                          "'postseal'::regnamespace AND relkind = 'r'") ==
                   std::vector<std::string>{"given"},
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(text_that_the_server_would_not_take_is_kept_readable, clean_server) {
    postgresql_store made(settings_for(server.where()));
    BOOST_TEST_REQUIRE(awaited(made.remember(bob, absent("a\xff"
                                                         "b\nc\xc3\xa9")))
                           .has_value());
    BOOST_TEST(awaited(made.recall(bob))->remembered->what.reason == "a?b?c\xc3\xa9");
}

BOOST_FIXTURE_TEST_CASE(what_is_in_a_value_is_never_a_statement, clean_server) {
    postgresql_store made(settings_for(server.where()));
    const smtp::mailbox odd{"'; DROP SCHEMA postseal CASCADE; --", "example.org"};
    BOOST_TEST_REQUIRE(awaited(made.remember(odd, revoked(1))).has_value());
    BOOST_TEST(awaited(made.recall(odd))->rejected.size() == 1U);
    BOOST_TEST(awaited(made.browse("' OR ''='", "", 10))->empty());
}

BOOST_FIXTURE_TEST_CASE(only_what_can_be_looked_up_again_may_be_lost, clean_server) {
    postgresql_store made(settings_for(server.where()));
    server.ask("CREATE TABLE IF NOT EXISTS heard (said text)");
    server.ask("GRANT INSERT ON heard TO postseal");
    server.ask("CREATE OR REPLACE FUNCTION hear() RETURNS trigger AS $$ BEGIN INSERT INTO "
               "public.heard VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$ "
               "LANGUAGE plpgsql");
    server.ask("CREATE TRIGGER hearing AFTER INSERT OR DELETE ON postseal.findings "
               "EXECUTE FUNCTION public.hear()");
    server.ask("CREATE TRIGGER hearing AFTER INSERT OR DELETE ON postseal.rejected "
               "EXECUTE FUNCTION public.hear()");
    const auto heard = [&](const record_changes& changes) {
        server.ask("TRUNCATE heard");
        BOOST_TEST_REQUIRE(awaited(made.remember(bob, changes)).has_value());
        return server.ask("SELECT said FROM heard").front();
    };
    BOOST_TEST(heard(absent("x")) == "off");
    BOOST_TEST(heard(revoked(1)) == "on");
    // Whatever is the rule on this server, but 'off'.
    server.ask("ALTER ROLE postseal SET synchronous_commit = 'off'");
    {
        postgresql_store later(settings_for(server.where()));
        server.ask("TRUNCATE heard");
        BOOST_TEST_REQUIRE(awaited(later.remember(bob, revoked(2))).has_value());
        BOOST_TEST(server.ask("SELECT said FROM heard").front() == "on");
    }
    server.ask("ALTER ROLE postseal SET synchronous_commit = 'remote_apply'");
    {
        postgresql_store later(settings_for(server.where()));
        server.ask("TRUNCATE heard");
        BOOST_TEST_REQUIRE(awaited(later.remember(bob, revoked(3))).has_value());
        BOOST_TEST(server.ask("SELECT said FROM heard").front() == "remote_apply");
    }
    server.ask("ALTER ROLE postseal RESET synchronous_commit");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_written_in_time_leaves_reading_alone, clean_server) {
    auto settings = settings_for(server.where());
    settings.patience = 1s;
    postgresql_store made(settings);
    // Somebody holds what a write needs.
    auto target = postgresql_target::parse(server.where("postgres"));
    auto holder = postgresql_connection::open(first_attempt(*target), steady::now() + 20s);
    BOOST_TEST_REQUIRE(holder.has_value());
    BOOST_TEST_REQUIRE(
        (*holder)
            ->run({{"BEGIN"}, {"LOCK TABLE postseal.rejected IN SHARE MODE"}}, steady::now() + 20s)
            .has_value());
    steady::duration spent{};
    for (int i = 0; i < 15; ++i) {
        BOOST_TEST_REQUIRE(wait_until_it_answers(made));
        const auto begun = steady::now();
        BOOST_TEST(awaited(made.remember(bob, revoked(1))).has_error());
        spent += steady::now() - begun;
    }
    BOOST_TEST((spent < 8s)); // the patience with each would be 15
    const auto said = wait_for_warning(made, "cannot be written");
    BOOST_TEST(contains(said, "keys are looked up instead"));
    BOOST_TEST(made.take_warnings().empty()); // told once
}

BOOST_FIXTURE_TEST_CASE(a_standby_that_is_away_takes_no_places_of_the_servers, server_of_its_own) {
    auto settings = settings_for(server.where());
    settings.patience = 500ms;
    postgresql_store made(settings);
    BOOST_TEST_REQUIRE(wait_until_it_answers(made));
    server.ask("ALTER SYSTEM SET synchronous_standby_names = 'away'");
    server.ask("SELECT pg_reload_conf()::text");
    const auto waiting = [&] {
        return server.ask("SELECT pid::text FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
            .size();
    };
    // Until the server has read it, and one has waited in vain.
    bool late = false;
    const auto patience = steady::now() + 30s;
    for (int i = 0; !late && steady::now() < patience; ++i)
        late = awaited(made.remember(bob, revoked(i % 20))).has_error();
    BOOST_TEST(late);
    for (const auto until = steady::now() + 30s; waiting() > 0 && steady::now() < until;)
        std::this_thread::sleep_for(20ms);
    BOOST_TEST(waiting() == 0U);
    BOOST_TEST(wait_until_it_answers(made));
}

BOOST_FIXTURE_TEST_CASE(a_server_that_stops_answering_is_given_up_soon, server_of_its_own) {
    auto settings = settings_for(server.where());
    settings.patience = 400ms;
    postgresql_store made(settings);
    BOOST_TEST_REQUIRE(wait_until_it_answers(made));
    BOOST_TEST(awaited(made.remember(bob, revoked(1))).has_value());
    server.pause();
    const auto begun = steady::now();
    for (int i = 0; i < 200; ++i) {
        BOOST_TEST(awaited(made.recall(bob)).has_error());
        BOOST_TEST(awaited(made.take_lease("x", 1h)).has_error());
    }
    BOOST_TEST((steady::now() - begun < 30s)); // each in time would be 160
    const auto said = wait_for_warning(made, "cannot be used");
    BOOST_TEST(contains(said, "keys are looked up instead"));
    server.resume();
    BOOST_TEST(wait_until_it_answers(made));
    BOOST_TEST(contains(wait_for_warning(made, "is back"), "is back"));
    BOOST_TEST(awaited(made.recall(bob))->rejected.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_server_that_was_killed_is_found_again_when_it_is_back,
                        server_of_its_own) {
    postgresql_store made(settings_for(server.where()));
    BOOST_TEST_REQUIRE(awaited(made.remember(bob, revoked(1))).has_value());
    server.kill();
    const auto said = awaited(made.recall(bob));
    BOOST_TEST_REQUIRE(said.has_error());
    BOOST_TEST(said.error().message() == "the server cannot be reached");
    BOOST_TEST(awaited(made.remember(bob, revoked(2))).has_error());
    const auto warned = wait_for_warning(made, "cannot be used");
    BOOST_TEST(!contains(warned, "bob"));
    server.start();
    BOOST_TEST(wait_until_it_answers(made));
    BOOST_TEST(awaited(made.remember(bob, revoked(3))).has_value());
    BOOST_TEST(awaited(made.recall(bob))->rejected.size() == 2U);
    BOOST_TEST(contains(wait_for_warning(made, "is back"), "is back"));
}

BOOST_FIXTURE_TEST_CASE(a_server_that_is_away_at_the_start_is_waited_for_without_a_halt,
                        server_of_its_own) {
    server.kill();
    postgresql_store made(settings_for(server.where()));
    BOOST_TEST(awaited(made.recall(bob)).has_error());
    BOOST_TEST(contains(wait_for_warning(made, "cannot be used"), "keys are looked up instead"));
    server.start();
    BOOST_TEST(wait_until_it_answers(made));
}

BOOST_AUTO_TEST_CASE(name_servers_that_are_away_hold_no_stop) {
    scripted_resolver names;
    names.hang("db.example.org");
    auto settings = settings_for("postgresql://postseal@db.example.org,db.example.org/postgres");
    settings.patience_at_start = 100ms;
    auto made = std::make_unique<postgresql_store>(settings);
    BOOST_TEST(awaited(made->recall(bob)).has_error());
    BOOST_TEST((time_to_end(std::move(made)) < 4s)); // one name's patience would be five
}

BOOST_AUTO_TEST_CASE(name_servers_that_say_nothing_are_told_of) {
    scripted_resolver names;
    names.fail("db1.example.org");
    names.say("db2.example.org", {{}});
    const auto warned = [](const std::string& host) {
        postgresql_store made(settings_for("postgresql://postseal@" + host + "/postgres"));
        return wait_for_warning(made, "cannot be used");
    };
    BOOST_TEST(contains(warned("db1.example.org"),
                        "(the name servers do not say where db1.example.org is)"));
    BOOST_TEST(contains(warned("db2.example.org"), "(there is no such host as db2.example.org)"));
}

BOOST_FIXTURE_TEST_CASE(connections_that_the_server_has_ended_are_replaced_before_they_are_needed,
                        clean_server) {
    const auto settings = settings_for(server.where());
    postgresql_store made(settings);
    const auto connections = [&] {
        return server.ask("SELECT pid::text FROM pg_stat_activity WHERE usename = 'postseal'");
    };
    const auto wait_for_all = [&] {
        for (const auto until = steady::now() + 30s; steady::now() < until;)
            if (connections().size() == settings.connections) return true;
        return false;
    };
    BOOST_TEST_REQUIRE(wait_for_all());
    server.ask("SELECT pg_terminate_backend(pid, 20000)::text FROM pg_stat_activity "
               "WHERE usename = 'postseal'");
    BOOST_TEST_REQUIRE(wait_for_all());
    BOOST_TEST(awaited(made.recall(bob)).has_value());
    BOOST_TEST(made.take_warnings().empty());
}

BOOST_FIXTURE_TEST_CASE(of_several_servers_the_one_that_takes_writes_is_used, clean_server) {
    server_of_its_own other;
    other.server.ask("ALTER SYSTEM SET default_transaction_read_only = on");
    other.server.ask("SELECT pg_reload_conf()::text");
    const auto folder = [](const postgresql_server& of) {
        const auto whole = of.where();
        return whole.substr(whole.find("host=") + 5);
    };
    const auto both = "postgresql://postseal@/postgres?host=/nowhere," + folder(other.server) +
                      ',' + folder(server);
    postgresql_store made(settings_for(both));
    BOOST_TEST(awaited(made.remember(bob, revoked(1))).has_value());
    BOOST_TEST(server.ask("SELECT address FROM postseal.rejected").size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(many_questions_at_once_are_all_answered, clean_server) {
    postgresql_store made(settings_for(server.where()));
    boost::asio::io_context context;
    std::size_t answered = 0;
    for (int i = 0; i < 500; ++i)
        boost::asio::co_spawn(context, made.recall({std::to_string(i), "example.org"}),
                              [&](std::exception_ptr, boost::system::result<record> said) {
                                  answered += said.has_value();
                              });
    context.run();
    BOOST_TEST(answered == 500U);
}

BOOST_FIXTURE_TEST_CASE(an_answer_is_of_the_callers_thread_also_where_the_store_is_gone,
                        clean_server) {
    boost::asio::io_context context;
    std::size_t answered = 0;
    {
        postgresql_store made(settings_for(server.where()));
        for (int i = 0; i < 5; ++i)
            boost::asio::co_spawn(context, made.recall(bob),
                                  [&, here = std::this_thread::get_id()](
                                      std::exception_ptr, boost::system::result<record> said) {
                                      BOOST_TEST((std::this_thread::get_id() == here));
                                      answered += said.has_value();
                                  });
        context.poll();
    }
    context.restart();
    context.run();
    BOOST_TEST(answered == 5U);
}

BOOST_AUTO_TEST_SUITE_END()
