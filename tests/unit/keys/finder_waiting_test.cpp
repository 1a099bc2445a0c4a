// SPDX-License-Identifier: Apache-2.0
// Who waits for a lookup, how long, and what becomes of one when nobody does.
#include "tests/unit/keys/finder_world.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(finder_waits, finder_world)

BOOST_AUTO_TEST_CASE(one_lookup_serves_everybody_who_wants_the_address) {
    wkd->serve(key(100));
    wkd->door.close();
    finds->prefetch(address("a@example.org"));
    auto first = begin(finds->find(address("A@example.org")));
    auto second = begin(finds->find(address("a@EXAMPLE.org")));
    go_on();
    BOOST_TEST(wkd->asked == 1);
    wkd->door.open();
    BOOST_TEST(end(std::move(first)).result == outcome::found);
    BOOST_TEST(end(std::move(second)).result == outcome::found);
    BOOST_TEST(wkd->asked == 1);
    BOOST_TEST(directory->asked == 1);
}

BOOST_AUTO_TEST_CASE(a_prefetch_is_there_when_the_key_is_wanted) {
    wkd->serve(key(100));
    finds->prefetch(address(who));
    go_on();
    BOOST_TEST(wkd->asked == 1);
    BOOST_TEST(find().result == outcome::found);
    BOOST_TEST(wkd->asked == 1);
}

BOOST_AUTO_TEST_CASE(a_late_lookup_is_temporary_and_goes_on) {
    settings.deadline = 500ms;
    start(&memory);
    wkd->serve(key(100));
    wkd->door.close();
    const auto started = std::chrono::steady_clock::now();
    const auto late = find();
    BOOST_TEST((std::chrono::steady_clock::now() - started >= 500ms));
    BOOST_TEST(late.result == outcome::temporary);
    BOOST_TEST(late.reason == "the lookup took longer than 500 ms");
    wkd->door.open();
    go_on();
    BOOST_TEST(find().result == outcome::found);
    BOOST_TEST(wkd->asked == 1);
}

// Counted anew it would take three seconds more; nothing is waited for that could be late.
BOOST_AUTO_TEST_CASE(the_deadline_counts_from_when_the_lookup_began) {
    settings.deadline = 3s;
    start(&memory);
    wkd->door.close();
    finds->prefetch(address(who));
    std::this_thread::sleep_for(3s); // the client still sends its message
    const auto started = std::chrono::steady_clock::now();
    BOOST_TEST(find().result == outcome::temporary);
    BOOST_TEST((std::chrono::steady_clock::now() - started < 3s));
    wkd->door.open();
    go_on();
}

BOOST_AUTO_TEST_CASE(a_slow_address_does_not_hold_up_another) {
    wkd->door.close();
    finds->prefetch(address("slow@example.org"));
    directory->serve(key(100));
    BOOST_TEST(find().result == outcome::found);
}

BOOST_AUTO_TEST_CASE(sources_behind_the_store_are_asked_by_so_many_at_once) {
    settings.at_once = 200;
    start(&memory);
    wkd->serve(key(100));
    find();
    wkd->say(outcome::absent);
    wkd->asked = 0;
    directory->asked = 0;
    wkd->door.close();
    for (int i = 0; i < 250; ++i)
        finds->prefetch(address(std::to_string(i) + "@example.org"));
    go_on();
    BOOST_TEST(wkd->asked == 200);
    BOOST_TEST(directory->asked == 250);
    BOOST_TEST(find().result == outcome::found); // what is remembered needs no turn
    wkd->door.open();
    go_on();
    BOOST_TEST(wkd->asked == 250);
    BOOST_TEST(keyserver->asked == 250);
}

BOOST_AUTO_TEST_CASE(waiting_for_a_turn_counts_against_the_deadline) {
    settings.deadline = 500ms;
    settings.at_once = 200;
    start(&memory);
    wkd->door.close();
    for (int i = 0; i < 200; ++i)
        finds->prefetch(address(std::to_string(i) + "@example.org"));
    BOOST_TEST(find().result == outcome::temporary);
    BOOST_TEST(wkd->asked == 200);
    wkd->door.open();
    go_on();
    BOOST_TEST(wkd->addresses.contains(who));
}

BOOST_AUTO_TEST_CASE(more_than_ten_thousand_lookups_are_refused_not_kept) {
    wkd->door.close();
    for (int i = 0; i < 10'000; ++i)
        finds->prefetch(address(std::to_string(i) + "@example.org"));
    const auto said = find();
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.reason == "too many lookups are under way");
}

BOOST_AUTO_TEST_CASE(a_finder_may_go_while_lookups_run) {
    wkd->serve(key(100));
    wkd->door.close();
    auto waiting = begin(finds->find(address(who)));
    go_on();
    auto& door = wkd->door; // lives as long as the lookup
    finds.reset();
    BOOST_TEST(end(std::move(waiting)).result == outcome::temporary);
    const auto writes = memory.writes;
    door.open();
    go_on();
    BOOST_TEST(gnupg.asked == 0); // neither GnuPG nor the store has to be there any more
    BOOST_TEST(memory.writes == writes);
}

BOOST_AUTO_TEST_CASE(a_find_that_begins_after_the_finder_is_gone_is_temporary) {
    auto later = finds->find(address(who));
    finds.reset();
    BOOST_TEST(end(begin(std::move(later))).result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(lookups_may_be_thrown_away_with_their_context) {
    settings.at_once = 200;
    start(&memory);
    wkd->door.close();
    for (int i = 0; i < 201; ++i) // one of them waits for its turn
        finds->prefetch(address(std::to_string(i) + "@example.org"));
    auto waiting = begin(finds->find(address("0@example.org")));
    go_on();
    BOOST_TEST(wkd->asked == 200); // the sanitizers watch what the fixture's end does
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(finder_reports, finder_world)

BOOST_AUTO_TEST_CASE(everybody_is_asked_freshly_and_in_order) {
    wkd->serve(key(100));
    find();
    directory->serve(revoked_key(100));
    keyserver->throws = true;
    const auto reports = end(begin(finds->ask_all(address(who))));
    struct row {
        const char* source;
        outcome result;
        const char* reason;
    };
    const row expected[] = {
        {"directory", outcome::unusable, "directory has it: revoked"},
        {"store", outcome::found, "remembered: wkd has it"},
        {"wkd", outcome::found, "wkd has it"},
        {"keyserver", outcome::temporary, "it failed: a source that throws"},
    };
    BOOST_TEST_REQUIRE(reports.size() == std::size(expected));
    for (std::size_t i = 0; i < reports.size(); ++i) {
        BOOST_TEST(reports[i].source == expected[i].source);
        BOOST_TEST(reports[i].said.result == expected[i].result);
        BOOST_TEST(reports[i].said.reason == expected[i].reason);
    }
    BOOST_TEST(wkd->asked == 2);
    BOOST_TEST(memory.writes == 1);
}

BOOST_AUTO_TEST_CASE(each_report_says_how_long_its_source_took) {
    wkd->door.close();
    const auto started = std::chrono::steady_clock::now();
    auto asking = begin(finds->ask_all(address(who)));
    go_on();
    BOOST_TEST(wkd->asked == 1); // and does not answer
    const auto first = std::chrono::steady_clock::now() - started;
    asio::steady_timer opens(context, 30ms);
    opens.async_wait([this](boost::system::error_code) { wkd->door.open(); });
    const auto reports = end(std::move(asking));
    BOOST_TEST_REQUIRE(reports.size() == 4u);
    BOOST_TEST((reports[0].took <= first));
    BOOST_TEST((reports[2].took >= 30ms));
}

BOOST_AUTO_TEST_CASE(the_store_says_what_a_lookup_would_make_of_its_memory) {
    const auto of_store = [this] { return end(begin(finds->ask_all(address(who))))[1].said; };
    BOOST_TEST(of_store().result == outcome::absent);
    BOOST_TEST(of_store().reason == "nothing is remembered");
    gnupg.expiry[100] = now + 48h;
    wkd->serve(key(100));
    find();
    now += 25h;
    BOOST_TEST(of_store().reason == "remembered, but to be asked again: wkd has it");
    now += 24h;
    BOOST_TEST(of_store().result == outcome::unusable);
    memory.broken = true;
    BOOST_TEST(of_store().result == outcome::temporary);
    memory.throws = true;
    BOOST_TEST(of_store().reason == "it cannot be read: Input/output error");
    start(nullptr);
    BOOST_TEST(end(begin(finds->ask_all(address(who)))).size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
