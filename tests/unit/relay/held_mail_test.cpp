// SPDX-License-Identifier: Apache-2.0
// Held mail in the spool's rounds. What becomes of one is in tests/e2e/test_hold.py.
#include "spool_runner_scene.hpp"

#include <algorithm>
#include <set>

using namespace postseal;
using namespace postseal::relay;
using namespace postseal::relay::testing;

namespace {

spool_entry held_entry() {
    auto held = entry_for(1);
    held.copy = spooled_copy::held;
    held.held.until = held.arrived + 24h;
    return held;
}

} // namespace

BOOST_AUTO_TEST_SUITE(held_mail)

BOOST_AUTO_TEST_CASE(held_mail_is_looked_at_again_and_never_sent_as_it_is) {
    runner_scene here;
    const auto id = put(here.outside, "canary\r\n", held_entry());
    put(here.outside, "other\r\n");
    here.start();
    BOOST_TEST(here.until([&] { return here.released.size() > 1; }));
    BOOST_TEST(here.released.front() == id);
    BOOST_TEST(here.until([&] { return here.outside.marks().size() == 1; }));
    BOOST_TEST(here.hop.messages == std::vector<std::string>{"other\r\n"});
    const auto left = here.outside.read(id);
    BOOST_REQUIRE(left.has_value());
    BOOST_TEST(left->recipients[0].said == "451 4.4.3 not yet");
    BOOST_TEST(here.failures.empty());
}

BOOST_AUTO_TEST_CASE(held_mail_that_has_been_sent_is_forgotten_and_refused_mail_reported) {
    runner_scene here;
    put(here.outside, "canary\r\n", held_entry());
    here.release_says = smtp::make_reply(250, "2.0.0", "taken");
    here.release_reaches = true;
    here.start();
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(here.hop.connections == 1);
    BOOST_TEST(here.failures.empty());
    here.release_says = smtp::make_reply(550, "5.7.5", "no key");
    put(here.outside, "canary\r\n", held_entry());
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_REQUIRE_EQUAL(here.failures.size(), 1U);
    BOOST_TEST(here.failures[0].recipients[0].said == "550 5.7.5 no key");
    BOOST_TEST(here.hop.messages.empty());
}

BOOST_AUTO_TEST_CASE(held_mail_that_has_expired_is_looked_at_once_more_and_reported) {
    runner_scene here;
    auto held = held_entry();
    held.expires = held.arrived - 1s;
    put(here.outside, "canary\r\n", held);
    here.start();
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(here.released.size() == 1U);
    BOOST_TEST(here.failures.size() == 1U);
    BOOST_TEST(here.hop.connections == 0);
}

BOOST_AUTO_TEST_CASE(held_mail_whose_work_fails_comes_to_an_end_and_is_sent_to_nobody_twice) {
    runner_scene here;
    auto held = held_entry();
    held.recipients = entry_for(2).recipients;
    held.expires = held.arrived + 3s;
    const auto id = put(here.outside, "canary\r\n", held);
    here.release_fails = true;
    here.release_says = smtp::make_reply(250, "2.0.0", "taken");
    here.start();
    BOOST_TEST(here.until([&] {
        const auto left = here.outside.read(id);
        return left.has_value() && left->recipients.size() == 1;
    }));
    here.release_says = smtp::make_reply(451, "4.4.3", "not yet");
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_REQUIRE_EQUAL(here.failures.size(), 1U);
    BOOST_REQUIRE_EQUAL(here.failures[0].recipients.size(), 1U);
    BOOST_TEST(smtp::to_string(here.failures[0].recipients[0].to.address) == "r1@example.net");
    BOOST_TEST(here.released.size() > 1U);
}

BOOST_AUTO_TEST_CASE(held_mail_waits_where_the_next_hop_is_away) {
    runner_scene here([](const std::string& line) -> std::string {
        return line == "greeting" ? "554 5.3.2 Maintenance" : "";
    });
    const auto id = put(here.outside, "canary\r\n", held_entry());
    here.release_says = smtp::make_reply(250, "2.0.0", "taken");
    here.release_reaches = true;
    here.start();
    BOOST_TEST(here.until([&] { return !here.released.empty(); }));
    BOOST_TEST(here.until([&] {
        const auto left = here.outside.read(id);
        return left.has_value() && left->attempts > 0;
    }));
    BOOST_TEST(here.failures.empty());
}

BOOST_AUTO_TEST_CASE(mail_that_only_has_to_be_sent_does_not_wait_behind_held_mail) {
    runner_scene here;
    here.rules->owed.connections = 1;
    here.rules->owed.held.turn = 0s; // as when each lookup takes longer than the turn
    for (int i = 0; i < 3; ++i)
        put(here.outside, "canary\r\n", held_entry());
    std::vector<std::size_t> sent_by_then;
    here.on_release = [&] {
        sent_by_then.push_back(here.hop.messages.size());
        put(here.outside, "other\r\n");
    };
    here.release_says = smtp::make_reply(250, "2.0.0", "taken");
    here.start();
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(sent_by_then == (std::vector<std::size_t>{0, 1, 2}),
               boost::test_tools::per_element());
    BOOST_TEST(here.hop.messages.size() == 3U);
}

BOOST_AUTO_TEST_CASE(held_mail_has_a_turn_however_much_else_is_to_be_sent) {
    runner_scene here;
    here.rules->owed.connections = 1;
    here.rules->owed.held.turn = 0s;
    here.release_says = smtp::make_reply(250, "2.0.0", "taken");
    put(here.outside, "canary\r\n", held_entry());
    for (int i = 0; i < 20; ++i)
        put(here.outside, "other\r\n");
    here.on_release = [&] { BOOST_TEST(here.hop.messages.size() == 20U); };
    here.start();
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(here.released.size() == 1U);
}

// A second look would cost the whole lookup again, for each entry to that domain.
BOOST_AUTO_TEST_CASE(a_domain_that_is_slow_is_left_alone_and_keeps_no_other_one_waiting) {
    runner_scene here;
    here.rules->owed.connections = 1;
    here.rules->owed.held = {.turn = 1h, .slow = 0ms, .rest = 1h}; // each look was too slow
    std::set<std::string> dead;
    const auto to = [&](const char* domain) {
        auto held = held_entry();
        held.recipients[0].to.address.domain = domain;
        return put(here.outside, "canary\r\n", held);
    };
    for (const auto* domain : {"dead.example", "DEAD.example", "Dead.example", "dead.example"})
        dead.insert(to(domain));
    const auto other = to("other.example");
    here.start();
    BOOST_TEST(here.until([&] { return here.released.size() == 2; }));
    const auto seconds_later = std::chrono::steady_clock::now() + 3s; // several rounds
    BOOST_TEST(here.until([&] { return std::chrono::steady_clock::now() > seconds_later; }));
    BOOST_REQUIRE_EQUAL(here.released.size(), 2U);
    BOOST_TEST(std::ranges::count(here.released, other) == 1);
    BOOST_TEST((dead.contains(here.released[0]) || dead.contains(here.released[1])));
}

BOOST_AUTO_TEST_CASE(at_the_end_of_its_hold_mail_is_looked_at_though_its_domain_rests) {
    runner_scene here;
    here.rules->owed.connections = 1;
    here.rules->owed.held = {.turn = 1h, .slow = 0ms, .rest = 1h};
    here.release_says = smtp::make_reply(550, "5.7.5", "no key");
    auto held = held_entry();
    held.held.until = held.arrived - 1s;
    for (int i = 0; i < 4; ++i)
        put(here.outside, "canary\r\n", held);
    here.start();
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(here.failures.size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_domain_that_was_slow_is_looked_at_again_after_its_rest) {
    runner_scene here;
    here.rules->owed.held = {.turn = 1h, .slow = 0ms, .rest = 2s};
    put(here.outside, "canary\r\n", held_entry());
    here.start();
    BOOST_TEST(here.until([&] { return here.released.size() == 2; }));
}

// A key has come and the next hop is away: that is no reason to wait for the key for longer.
BOOST_AUTO_TEST_CASE(what_was_not_tried_because_the_next_hop_rests_is_no_attempt) {
    runner_scene here([](const std::string& line) -> std::string {
        return line == "greeting" ? "554 5.3.2 Maintenance" : "";
    });
    here.rules->owed.connections = 1;
    here.rules->owed.retry.first = here.rules->owed.retry.longest = 10min;
    const auto one = put(here.outside, "canary\r\n", held_entry());
    const auto another = put(here.outside, "canary\r\n", held_entry());
    const auto attempts = [&] {
        return here.outside.read(one)->attempts + here.outside.read(another)->attempts;
    };
    here.release_says = smtp::make_reply(250, "2.0.0", "taken");
    here.release_reaches = true;
    here.start();
    BOOST_TEST(here.until([&] { return here.released.size() == 2; }));
    BOOST_TEST(here.until([&] { return attempts() == 1; })); // of the first, which has called it
    const auto a_moment_later = std::chrono::steady_clock::now() + 1s;
    BOOST_TEST(here.until([&] { return std::chrono::steady_clock::now() > a_moment_later; }));
    BOOST_TEST(attempts() == 1U);
    BOOST_TEST(here.hop.connections == 1);
}

// As a kill between two copies would find it.
BOOST_AUTO_TEST_CASE(what_has_been_sent_of_several_copies_is_on_the_disk_before_the_next_one) {
    runner_scene here;
    auto held = held_entry();
    held.recipients = entry_for(2).recipients;
    const auto id = put(here.outside, "canary\r\n", held);
    here.release_fails = true;
    here.release_says = smtp::make_reply(250, "2.0.0", "taken");
    here.rules->owed.retry.first = here.rules->owed.retry.longest = 10min;
    int looks = 0;
    here.after_noted = [&] {
        const auto on_disk = here.outside.read(id);
        BOOST_REQUIRE(on_disk.has_value());
        BOOST_REQUIRE_EQUAL(on_disk->recipients.size(), 1U);
        BOOST_TEST(on_disk->recipients[0].to.address.local_part == "r1");
        ++looks;
    };
    here.start();
    BOOST_TEST(here.until([&] { return looks == 1; }));
}

BOOST_AUTO_TEST_SUITE_END()
