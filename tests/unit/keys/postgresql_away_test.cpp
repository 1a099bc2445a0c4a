// SPDX-License-Identifier: Apache-2.0
// What the PostgreSQL store does when its server is away, slow, or not the one any more.
#include "keys/postgresql_store.hpp"

#include "tests/unit/keys/postgresql_scene.hpp"
#include "tests/unit/keys/scripted_resolver.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <thread>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::postgresql_scene;
using postseal::keys::test::scripted_resolver;

namespace {

/// How long a stop takes.
steady::duration time_to_end(std::unique_ptr<postgresql_store> one) {
    const auto begun = steady::now();
    one.reset();
    return steady::now() - begun;
}

} // namespace

BOOST_AUTO_TEST_SUITE(postgresql_away)

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

BOOST_FIXTURE_TEST_CASE(a_primary_that_takes_no_writes_any_more_is_left, server_of_its_own) {
    postgresql_store made(settings_for(server.where()));
    BOOST_TEST_REQUIRE(awaited(made.remember(bob, revoked(1))).has_value());
    // As somebody fences it who has promoted another one.
    server.ask("ALTER SYSTEM SET default_transaction_read_only = on");
    server.ask("SELECT pg_reload_conf()::text");
    bool left = false;
    auto changes = absent("x");
    for (const auto until = steady::now() + 30s; !left && steady::now() < until;) {
        changes.remembered->asked += 1s; // what is there already is not written
        left = awaited(made.remember(bob, changes)).has_error();
    }
    BOOST_TEST_REQUIRE(left);
    const auto said = wait_for_warning(made, "cannot be used");
    BOOST_TEST(contains(said, "session is read-only"), said);
    server.ask("ALTER SYSTEM RESET default_transaction_read_only");
    server.ask("SELECT pg_reload_conf()::text");
    // Its processes hear of it one after the other.
    bool written = false;
    for (const auto until = steady::now() + 30s; !written && steady::now() < until;)
        written = awaited(made.remember(bob, revoked(3))).has_value();
    BOOST_TEST(written);
}

BOOST_FIXTURE_TEST_CASE(what_was_written_when_the_connection_broke_is_not_there_by_half,
                        clean_server) {
    postgresql_store made(settings_for(server.where()));
    BOOST_TEST_REQUIRE(wait_until_it_answers(made));
    server.ask("CREATE OR REPLACE FUNCTION cut() RETURNS trigger SECURITY DEFINER AS $$ BEGIN "
               "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$ "
               "LANGUAGE plpgsql");
    server.ask("CREATE TRIGGER cutting AFTER INSERT ON postseal.sealings "
               "EXECUTE FUNCTION public.cut()");
    auto changes = absent("x");
    changes.rejected = revoked(1).rejected;
    changes.sealed = sealing{now, "F1", {}, origin::domain};
    BOOST_TEST(awaited(made.remember(bob, changes)).has_error());
    BOOST_TEST_REQUIRE(wait_until_it_answers(made));
    const auto known = awaited(made.recall(bob));
    BOOST_TEST_REQUIRE(known.has_value());
    BOOST_TEST(!known->remembered.has_value());
    BOOST_TEST(known->rejected.empty());
    server.ask("DROP TRIGGER cutting ON postseal.sealings");
    BOOST_TEST(awaited(made.remember(bob, changes)).has_value());
}

BOOST_FIXTURE_TEST_CASE(what_takes_long_by_itself_keeps_no_mail_from_being_remembered,
                        clean_server) {
    postgresql_store made(settings_for(server.where()));
    BOOST_TEST_REQUIRE(wait_until_it_answers(made));
    const auto target = postgresql_target::parse(server.where("postgres"));
    auto holder = postgresql_connection::open(first_attempt(*target), steady::now() + 20s);
    BOOST_TEST_REQUIRE(holder.has_value());
    BOOST_TEST_REQUIRE(
        (*holder)
            ->run({{"BEGIN"}, {"LOCK TABLE postseal.leases IN SHARE MODE"}}, steady::now() + 20s)
            .has_value());
    BOOST_TEST(awaited(made.prune(now)).has_error()); // by the server's own limit
    BOOST_TEST(awaited(made.remember(bob, revoked(1))).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_burst_takes_no_connections, clean_server) {
    auto settings = settings_for(server.where());
    settings.patience = 200ms;
    postgresql_store made(settings);
    const auto connections = [&] {
        return server.ask("SELECT pid::text FROM pg_stat_activity WHERE usename = 'postseal' "
                          "ORDER BY pid");
    };
    for (const auto until = steady::now() + 30s;
         connections().size() < settings.connections && steady::now() < until;)
        std::this_thread::sleep_for(10ms);
    const auto before = connections();
    BOOST_TEST_REQUIRE(before.size() == settings.connections);

    // All threads are busy with something that may take long, until mail's time is over.
    const auto target = postgresql_target::parse(server.where("postgres"));
    auto holder = postgresql_connection::open(first_attempt(*target), steady::now() + 20s);
    BOOST_TEST_REQUIRE(holder.has_value());
    BOOST_TEST_REQUIRE((*holder)
                           ->run({{"BEGIN"}, {"LOCK TABLE postseal.doubts"}}, steady::now() + 20s)
                           .has_value());
    boost::asio::io_context context;
    std::size_t listed = 0, late = 0;
    for (std::size_t i = 0; i < settings.connections; ++i)
        boost::asio::co_spawn(
            context, made.browse("", "", 10),
            [&](std::exception_ptr, boost::system::result<std::vector<known_address>> said) {
                listed += said.has_value();
            });
    for (int i = 0; i < 20; ++i)
        boost::asio::co_spawn(context, made.recall(bob),
                              [&](std::exception_ptr, boost::system::result<record> said) {
                                  late += said.has_error();
                              });
    context.run_for(400ms);
    BOOST_TEST_REQUIRE((*holder)->run({{"COMMIT"}}, steady::now() + 20s).has_value());
    context.restart();
    context.run();
    BOOST_TEST(listed == settings.connections);
    BOOST_TEST(late == 20U);
    BOOST_TEST(connections() == before, boost::test_tools::per_element());
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

BOOST_FIXTURE_TEST_CASE(another_relay_that_was_halted_while_it_made_the_tables_holds_no_stop,
                        clean_server) {
    const auto target = postgresql_target::parse(server.where());
    auto halted = postgresql_connection::open(first_attempt(*target), steady::now() + 20s);
    BOOST_TEST_REQUIRE(halted.has_value());
    BOOST_TEST_REQUIRE((*halted)
                           ->run({{"BEGIN"}, {"SELECT pg_advisory_xact_lock(8101815770439278956)"}},
                                 steady::now() + 20s)
                           .has_value());
    auto settings = settings_for(server.where());
    settings.patience_at_start = 500ms;
    auto made = std::make_unique<postgresql_store>(settings);
    BOOST_TEST(awaited(made->recall(bob)).has_error());
    BOOST_TEST((time_to_end(std::move(made)) < 60s)); // the patience with it would be five minutes
    // One that is not stopped waits until it can.
    auto patient = std::make_unique<postgresql_store>(settings);
    BOOST_TEST(awaited(patient->recall(bob)).has_error());
    BOOST_TEST_REQUIRE((*halted)->run({{"COMMIT"}}, steady::now() + 20s).has_value());
    BOOST_TEST(wait_until_it_answers(*patient));
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_is_not_the_servers_is_told_of_once, clean_server) {
    const auto system = [] {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    };
    auto settings = settings_for(server.where());
    for (const auto apart : {4min, -4min, 0min}) {
        settings.now = [&] { return system() + apart; };
        postgresql_store made(settings);
        BOOST_TEST_REQUIRE(wait_until_it_answers(made));
        BOOST_TEST(made.take_warnings().empty());
    }
    for (const std::chrono::seconds apart : {120min + 30s, -120min - 30s}) {
        settings.now = [&] { return system() + apart; };
        postgresql_store made(settings);
        BOOST_TEST(contains(wait_for_warning(made, "apart"), "120 minutes apart: let both follow"));
        server.ask("SELECT pg_terminate_backend(pid, 20000)::text FROM pg_stat_activity "
                   "WHERE usename = 'postseal'");
        BOOST_TEST_REQUIRE(wait_until_it_answers(made));
        for (const auto& one : made.take_warnings())
            BOOST_TEST(!contains(one, "apart"), one);
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away_is_asked_for_at_growing_intervals) {
    scripted_resolver names;
    names.fail("db.example.org");
    const auto begun = steady::now();
    const postgresql_store made(settings_for("postgresql://postseal@db.example.org/postgres"));
    constexpr int attempts = 5;
    const auto until = steady::now() + 30s;
    while (names.times_asked("db.example.org") < attempts && steady::now() < until)
        std::this_thread::sleep_for(1ms);
    // The shortest pauses between five are 50, 100, 200 and 400 ms; less is never right.
    BOOST_TEST((steady::now() - begun >= 750ms));
    BOOST_TEST(names.times_asked("db.example.org") >= attempts);
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
    // By the last thing that each is asked before it is used: one that ends before that is trouble.
    const auto connections = [&] {
        return server.ask("SELECT pid::text FROM pg_stat_activity WHERE usename = 'postseal' "
                          "AND state = 'idle' AND query LIKE '%pg_terminate_backend%'");
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

BOOST_AUTO_TEST_SUITE_END()
