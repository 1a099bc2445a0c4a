// SPDX-License-Identifier: Apache-2.0
#include "relay/spool_turns.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace postseal::relay;
using namespace std::chrono_literals;

namespace {

constexpr held_pace pace{.turn = 10s, .slow = 2000ms, .rest = 60s};

spool_moment at(std::chrono::seconds after) {
    return {std::chrono::sys_seconds(1'000'000s) + after,
            std::chrono::steady_clock::time_point(500s) + after};
}

spool_turns::found owed(const std::string& id, std::chrono::seconds due) {
    return {id, {}, spool_sight{.due = at(due).wall}};
}

spool_turns::found held(const std::string& id, const std::string& domain,
                        std::chrono::seconds due = 0s) {
    return {id, {}, spool_sight{at(due).wall, {domain}, at(24h).wall}};
}

spool_turns turns_of(std::vector<spool_turns::found> all, std::chrono::seconds now = 0s) {
    spool_turns made;
    made.learn(std::move(all));
    made.begin_round(at(now));
    return made;
}

// All whose turn it is, one after another.
std::string begin_all(spool_turns& turns, std::chrono::seconds now = 0s) {
    std::string begun;
    while (const auto id = turns.begin(at(now), pace))
        begun += *id;
    return begun;
}

} // namespace

BOOST_AUTO_TEST_SUITE(turns_in_the_spool)

BOOST_AUTO_TEST_CASE(what_only_has_to_be_sent_goes_first_and_what_is_due_for_longest) {
    auto turns = turns_of({held("h", "x.example", -9s), owed("b", -1s), owed("a", 0s),
                           owed("l", 1s), owed("c", -5s)});
    BOOST_TEST(begin_all(turns) == "cbah");
    BOOST_TEST(turns.is_round_over());
    BOOST_TEST((turns.next_due() == at(1s).wall));
}

BOOST_AUTO_TEST_CASE(what_is_under_way_is_neither_begun_again_nor_waited_for) {
    auto turns = turns_of({owed("a", 0s), owed("b", 0s)});
    BOOST_TEST(turns.begin(at(0s), pace).value() == "a");
    BOOST_TEST(turns.begin(at(0s), pace).value() == "b");
    turns.end("b");
    BOOST_TEST(turns.is_round_over());
    turns.begin_round(at(1s));
    BOOST_TEST(begin_all(turns, 1s) == "b");
    BOOST_TEST(!turns.next_due().has_value());
    turns.end("a");
    BOOST_TEST((turns.next_due() == at(0s).wall));
    turns.begin_round(at(2s));
    BOOST_TEST(begin_all(turns, 2s) == "a");
}

BOOST_AUTO_TEST_CASE(what_comes_in_the_middle_of_a_round_is_for_the_next_one) {
    auto turns = turns_of({owed("a", 0s), owed("b", 0s)});
    BOOST_TEST(turns.begin(at(0s), pace).value() == "a");
    turns.learn({{"a", {}, {}}, {"b", {}, {}}, owed("0", -9s)});
    BOOST_TEST(begin_all(turns) == "b");
    turns.begin_round(at(0s));
    BOOST_TEST(begin_all(turns) == "0");
}

BOOST_AUTO_TEST_CASE(held_mail_has_its_share_of_each_round_and_one_look_at_least) {
    auto turns = turns_of({held("a", "x.example"), held("b", "x.example"), held("c", "x.example")});
    BOOST_TEST(turns.begin(at(0s), pace).value() == "a");
    BOOST_TEST(turns.begin(at(9s), pace).value() == "b");
    BOOST_TEST(!turns.begin(at(10s), pace).has_value());
    BOOST_TEST(turns.is_round_over());
    turns.begin_round(at(11s));
    BOOST_TEST(turns.begin(at(30s), pace).value() == "c");
}

BOOST_AUTO_TEST_CASE(a_domain_is_left_alone_for_its_time_and_not_beyond_the_end_of_a_hold) {
    auto of_both = held("c", "slow.example");
    of_both.seen->held_for.push_back("other.example");
    auto ending = held("d", "slow.example");
    ending.seen->until = at(0s).wall;
    spool_turns turns;
    turns.learn({held("a", "slow.example"), held("b", "other.example"), of_both, ending});
    turns.leave_alone("SLOW.example", at(60s).steady);
    turns.leave_alone("slow.example", at(90s).steady); // no longer for each of its addresses
    turns.begin_round(at(0s));
    BOOST_TEST(begin_all(turns) == "bcd");
    turns.begin_round(at(60s));
    BOOST_TEST(begin_all(turns, 60s) == "a");
}

BOOST_AUTO_TEST_CASE(what_was_put_off_stays_so_until_its_entry_is_another_one) {
    auto turns = turns_of({owed("a", 0s)});
    turns.put_off("a", at(30s).wall);
    turns.learn({{"a", {}, {}}});
    BOOST_TEST((turns.next_due() == at(30s).wall));
    turns.learn({owed("a", 0s)}); // an administrator wants it tried again
    BOOST_TEST((turns.next_due() == at(0s).wall));
}

// The folder was looked at before the attempt was noted in it.
BOOST_AUTO_TEST_CASE(what_a_turn_has_come_to_is_not_undone_by_a_look_from_before) {
    auto turns = turns_of({owed("a", 0s), owed("b", 0s)});
    BOOST_TEST(begin_all(turns) == "ab");
    turns.put_off("a", at(30s).wall);
    turns.forget("b");
    turns.learn({owed("a", 0s), {"b", {}, {}}});
    turns.end("a");
    turns.end("b");
    BOOST_TEST((turns.next_due() == at(30s).wall));
    BOOST_TEST(!turns.knows("b"));
}

BOOST_AUTO_TEST_CASE(what_is_gone_has_no_turn) {
    auto turns = turns_of({owed("a", 0s), owed("b", 0s)});
    turns.learn({{"b", {}, {}}});
    turns.put_off("a", at(0s).wall);
    BOOST_TEST(begin_all(turns) == "b");
    BOOST_TEST(turns.marks().size() == 1U);
}

BOOST_AUTO_TEST_CASE(of_a_held_entry_only_the_domains_count_that_it_waits_for) {
    spool_entry entry;
    entry.held.until = at(5s).wall;
    entry.recipients = {{.to = {{"a", "One.example"}, {}}, .said = {}},
                        {.to = {{"b", "two.example"}, {}}, .debt = debt::report, .said = {}}};
    BOOST_TEST(see(entry, at(1s).wall).held_for == std::vector<std::string>{"one.example"});
    BOOST_TEST((see(entry, at(1s).wall).until == at(5s).wall));
    entry.copy = spooled_copy::clear;
    BOOST_TEST(see(entry, at(1s).wall).held_for.empty());
}

BOOST_AUTO_TEST_SUITE_END()
