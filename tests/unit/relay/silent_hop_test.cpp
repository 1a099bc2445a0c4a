// SPDX-License-Identifier: Apache-2.0
// The spool's runner while conversations stand still. Whose turn it is then is in
// spool_turns_test.cpp.
#include "spool_runner_scene.hpp"

using namespace postseal;
using namespace postseal::relay;
using namespace postseal::relay::testing;
using namespace std::chrono_literals;

namespace {

std::string stand_still_for_silent(const std::string& line) {
    return line.starts_with("RCPT TO:<silent@") ? "hang" : "";
}

spool_entry for_silent() {
    auto entry = entry_for(1);
    entry.recipients[0].to.address.local_part = "silent";
    return entry;
}

} // namespace

BOOST_AUTO_TEST_SUITE(silent_next_hops)

BOOST_AUTO_TEST_CASE(a_conversation_that_stands_still_keeps_no_other_entry_waiting) {
    runner_scene here(stand_still_for_silent);
    here.rules->owed.connections = 2;
    here.release_says = smtp::make_reply(250, "2.0.0", "taken");
    const auto silent = put(here.outside, "content\r\n", for_silent());
    auto& runner = here.start();
    BOOST_TEST(here.until([&] { return here.said("RCPT TO:<silent@") == 1; }));
    const auto is_alone = [&] { return here.outside.marks().size() == 1; };
    put(here.outside, "owed\r\n");
    runner.wake();
    BOOST_TEST(here.until(is_alone));
    auto held = entry_for(1);
    held.copy = spooled_copy::held;
    put(here.outside, "canary\r\n", held); // seen without a word
    BOOST_TEST(here.until(is_alone));
    BOOST_TEST(here.released.size() == 1U);
    auto refused = entry_for(1);
    refused.recipients[0].debt = debt::report;
    put(here.outside, "refused\r\n", refused);
    BOOST_TEST(here.until(is_alone));
    BOOST_TEST(here.failures.size() == 1U);
    BOOST_TEST(here.outside.read(silent).has_value());
    BOOST_TEST(here.said("RCPT TO:<silent@") == 1U); // and not begun a second time
    BOOST_TEST(here.hop.most_open == 2);
}

BOOST_AUTO_TEST_CASE(connections_that_stand_still_are_of_the_number_that_is_allowed) {
    runner_scene here(stand_still_for_silent);
    here.rules->owed.connections = 2;
    put(here.outside, "content\r\n", for_silent());
    put(here.outside, "content\r\n", for_silent());
    auto& runner = here.start();
    BOOST_TEST(here.until([&] { return here.said("RCPT TO:<silent@") == 2; }));
    put(here.outside, "owed\r\n");
    runner.wake();
    const auto seconds_later = std::chrono::steady_clock::now() + 2s;
    BOOST_TEST(here.until([&] { return std::chrono::steady_clock::now() > seconds_later; }));
    BOOST_TEST(here.hop.connections == 2);
    BOOST_TEST(here.hop.messages.empty());
    here.hop.let_go();
    BOOST_TEST(here.until([&] { return here.hop.messages.size() == 1; }));
}

BOOST_AUTO_TEST_CASE(a_stop_begins_nothing_more_and_waits_for_what_is_under_way) {
    runner_scene here(stand_still_for_silent);
    put(here.outside, "content\r\n", for_silent());
    auto& runner = here.start();
    BOOST_TEST(here.until([&] { return here.said("RCPT TO:<silent@") == 1; }));
    runner.stop();
    put(here.outside, "owed\r\n");
    runner.wake();
    const auto a_moment_later = std::chrono::steady_clock::now() + 1s;
    BOOST_TEST(here.until([&] { return std::chrono::steady_clock::now() > a_moment_later; }));
    BOOST_TEST(runner.busy());
    BOOST_TEST(here.hop.messages.empty());
    here.hop.let_go();
    BOOST_TEST(here.until([&] { return !runner.busy(); }));
    BOOST_TEST(here.outside.marks().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
