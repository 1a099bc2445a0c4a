// SPDX-License-Identifier: Apache-2.0
// What the PostgreSQL store keeps, what it says no to, and how it is shared.
#include "keys/postgresql_store.hpp"

#include "keys/postgresql_database.hpp"
#include "keys/postgresql_schema.hpp"

#include "tests/unit/keys/postgresql_scene.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <thread>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::postgresql_scene;

BOOST_TEST_DONT_PRINT_LOG_VALUE(lease)

namespace {

/// What the constructor says; empty where it does not fail.
std::string complaint(const std::string& server) {
    try {
        const postgresql_store made(settings_for(server));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return {};
}

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
    BOOST_TEST(contains(said, "newer postseal (their version is 999, this one knows 3)"));
    BOOST_TEST(server.ask("SELECT version::text FROM postseal.schema_version").front() == "999");
}

BOOST_FIXTURE_TEST_CASE(tables_of_the_first_version_keep_who_was_sealed_to, clean_server) {
    BOOST_TEST(complaint(server.where()) == "");
    server.ask("ALTER TABLE postseal.sealings DROP COLUMN ended");
    server.ask("DROP TABLE postseal.opt_outs");
    server.ask("INSERT INTO postseal.sealings VALUES ('bob@example.org', 1, 'F1', NULL, 'domain')");
    server.ask("UPDATE postseal.schema_version SET version = 1");
    postgresql_store made(settings_for(server.where()));
    const auto known = awaited(made.recall(bob));
    BOOST_TEST_REQUIRE((known && known->sealed));
    BOOST_TEST(known->sealed->fingerprint == "F1");
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

BOOST_FIXTURE_TEST_CASE(sessions_that_know_older_tables_have_to_look_again, clean_server) {
    const auto target = postgresql_target::parse(server.where());
    const auto open = [&](const char* name) {
        auto one = postgresql_connection::open(first_attempt(*target), steady::now() + 20s);
        BOOST_TEST_REQUIRE(one.has_value());
        const postgresql_statement named{"SELECT set_config('application_name', $1, false)",
                                         {text_value(name)}};
        BOOST_TEST_REQUIRE((*one)->run({named}, steady::now() + 20s).has_value());
        return std::move(*one);
    };
    const auto older = open("postseal/1");
    const auto same = open("postseal/3");
    const auto other = open("somebody/0");
    postgresql_store made(settings_for(server.where()));
    BOOST_TEST_REQUIRE(wait_until_it_answers(made));
    const auto until = steady::now() + 30s;
    while (older->is_alive() && steady::now() < until)
        std::this_thread::sleep_for(10ms);
    BOOST_TEST(!older->is_alive());
    BOOST_TEST(same->run({{"SELECT 1"}}, until).has_value());
    BOOST_TEST(other->run({{"SELECT 1"}}, until).has_value());
    const auto names = server.ask("SELECT DISTINCT application_name FROM pg_stat_activity WHERE "
                                  "usename = 'postseal' AND application_name LIKE 'postseal/%'");
    BOOST_TEST(names == std::vector<std::string>{"postseal/3"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_lease_of_a_clock_that_was_ahead_is_none, clean_server) {
    postgresql_store made(settings_for(server.where()));
    BOOST_TEST_REQUIRE(wait_until_it_answers(made));
    server.ask("INSERT INTO postseal.leases VALUES "
               "('dead', 'x', clock_timestamp() + interval '1 day'), "
               "('alive', 'x', clock_timestamp() + interval '10 minutes'), "
               "('over', 'x', clock_timestamp() - interval '1 second')");
    BOOST_TEST((*awaited(made.take_lease("dead", 60s)) == lease::ours));
    BOOST_TEST((*awaited(made.take_lease("alive", 60s)) == lease::somebody_elses));
    BOOST_TEST((*awaited(made.take_lease("alive", 0s)) == lease::somebody_elses));
    BOOST_TEST((*awaited(made.take_lease("over", 60s)) == lease::ours));
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
