// SPDX-License-Identifier: Apache-2.0
#include "relay/spool_schedule.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace postseal;
using namespace std::chrono_literals;
using relay::spool_step;

namespace {

const std::chrono::sys_seconds start(1'764'000'000s);
const relay::retry_rule rule;

relay::spool_entry entry_for(std::size_t recipients) {
    relay::spool_entry made;
    made.arrived = start;
    made.expires = start + rule.lifetime;
    made.due = start + 1min;
    made.copy = relay::spooled_copy::sealed;
    for (std::size_t i = 0; i < recipients; ++i)
        made.recipients.push_back({{{"r" + std::to_string(i), "example.net"}, {}}, {}, {}});
    return made;
}

std::vector<smtp::reply> replies(const std::vector<int>& codes) {
    std::vector<smtp::reply> made;
    for (const int code : codes)
        made.push_back(smtp::make_reply(code, {}, "text"));
    return made;
}

} // namespace

constexpr auto by_next_hop = relay::success_is::told_by_next_hop;

BOOST_AUTO_TEST_SUITE(spool_schedules)

BOOST_AUTO_TEST_CASE(waits_double_up_to_the_longest) {
    const std::vector<std::pair<unsigned, std::chrono::seconds>> table = {
        {1, 1min}, {2, 2min}, {3, 4min}, {6, 32min}, {7, 1h}, {8, 1h}, {4'000'000'000U, 1h}};
    for (const auto& [failures, wait] : table) {
        BOOST_TEST(relay::back_off(rule, failures, 0).count() == wait.count(), failures);
        for (const std::uint32_t chance : {1U, 77U, 4'000'000'000U}) {
            const auto jittered = relay::back_off(rule, failures, chance);
            BOOST_TEST(jittered.count() <= wait.count());
            BOOST_TEST(jittered.count() * 5 >= wait.count() * 4);
        }
    }
    BOOST_TEST(relay::back_off(rule, 3, 11).count() != relay::back_off(rule, 3, 12).count());
}

BOOST_AUTO_TEST_CASE(an_entry_is_sent_when_it_is_due) {
    const auto entry = entry_for(1);
    const auto early = relay::next_step(entry, rule, start);
    BOOST_CHECK(early.step == spool_step::wait);
    BOOST_CHECK(early.when == start + 1min);
    BOOST_CHECK(relay::next_step(entry, rule, start + 1min).step == spool_step::send);
}

BOOST_AUTO_TEST_CASE(what_expired_while_nobody_looked_is_tried_once_more) {
    BOOST_CHECK(relay::next_step(entry_for(1), rule, start + 24h * 30).step == spool_step::send);
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_does_not_keep_mail_waiting) {
    auto entry = entry_for(1);
    entry.due = start + 24h * 365;
    BOOST_CHECK(relay::next_step(entry, rule, start).step == spool_step::send);
    entry.due = start + rule.longest;
    BOOST_CHECK(relay::next_step(entry, rule, start).step == spool_step::wait);
}

BOOST_AUTO_TEST_CASE(held_mail_is_looked_at_when_any_other_would_be_sent) {
    auto entry = entry_for(1);
    entry.copy = relay::spooled_copy::held;
    entry.due = start + 1min;
    BOOST_CHECK(relay::next_step(entry, rule, start).step == spool_step::wait);
    BOOST_CHECK(relay::next_step(entry, rule, start + 1min).step == spool_step::send);
    BOOST_CHECK(relay::next_step(entry, rule, entry.expires).step == spool_step::send);
}

BOOST_AUTO_TEST_CASE(held_mail_is_looked_at_when_its_hold_ends_and_not_some_time_after) {
    auto entry = entry_for(1);
    entry.copy = relay::spooled_copy::held;
    entry.held.until = start + 2h;
    entry.attempts = 10;
    const auto soon =
        relay::after_attempt(entry, replies({451}), by_next_hop, rule, start + 90min, 0);
    BOOST_CHECK(soon.due == start + 2h);
    const auto past = relay::after_attempt(entry, replies({451}), by_next_hop, rule, start + 2h, 0);
    BOOST_CHECK(past.due == start + 3h);
}

BOOST_AUTO_TEST_CASE(every_recipient_has_a_fate_of_their_own) {
    const auto after = relay::after_attempt(entry_for(3), replies({250, 550, 451}), by_next_hop,
                                            rule, start + 5min, 0);
    BOOST_REQUIRE_EQUAL(after.recipients.size(), 2U);
    BOOST_TEST(after.recipients[0].to.address.local_part == "r1");
    BOOST_CHECK(after.recipients[0].debt == relay::debt::report);
    BOOST_TEST(after.recipients[0].said == "550 text");
    BOOST_CHECK(after.recipients[1].debt == relay::debt::delivery);
    BOOST_TEST(after.recipients[1].said == "451 text");
    BOOST_TEST(after.attempts == 1U);
    BOOST_CHECK(after.due == start + 6min);
}

BOOST_AUTO_TEST_CASE(who_was_not_tried_is_owed_what_they_were_also_at_the_end) {
    auto entry = entry_for(2);
    entry.expires = start;
    auto some = replies({250, 451});
    some[1] = {};
    const auto made = relay::after_attempt(entry, some, by_next_hop, rule, start + 1h, 0);
    BOOST_REQUIRE_EQUAL(made.recipients.size(), 1U);
    BOOST_CHECK(made.recipients[0].debt == relay::debt::delivery);
    some[0] = {};
    BOOST_CHECK((relay::after_attempt(entry, some, by_next_hop, rule, start + 1h, 0) == entry));
}

BOOST_AUTO_TEST_CASE(who_was_not_tried_does_not_wait_for_those_who_were) {
    auto entry = entry_for(3);
    entry.attempts = 10;
    auto some = replies({451, 250, 250});
    some[1] = {};
    const auto left = relay::after_attempt(entry, some, by_next_hop, rule, start + 2h, 0);
    BOOST_TEST(left.recipients.size() == 2U);
    BOOST_TEST(left.recipients[0].said == "451 text");
    BOOST_TEST(left.attempts == 10U);
    BOOST_CHECK(relay::next_step(left, rule, start + 2h).step == spool_step::send);
    entry.recipients[1].debt = relay::debt::report; // of whom no reply is expected
    const auto tried = relay::after_attempt(entry, some, by_next_hop, rule, start + 2h, 0);
    BOOST_TEST(tried.attempts == 11U);
    BOOST_CHECK(tried.due == start + 3h);
}

BOOST_AUTO_TEST_CASE(success_is_told_where_the_sender_asked_and_the_server_does_not) {
    auto entry = entry_for(3);
    entry.recipients[0].to.parameters = {{"NOTIFY", "FAILURE,SUCCESS"}};
    entry.recipients[1].to.parameters = {{"NOTIFY", "NEVER"}};
    const auto all = replies({250, 250, 250});
    BOOST_TEST(relay::after_attempt(entry, all, by_next_hop, rule, start, 0).recipients.empty());
    const auto ours = relay::success_is::ours_to_tell;
    auto after = relay::after_attempt(entry, all, ours, rule, start, 0);
    BOOST_REQUIRE_EQUAL(after.recipients.size(), 1U);
    BOOST_TEST(after.recipients[0].to.address.local_part == "r0");
    BOOST_CHECK(after.recipients[0].debt == relay::debt::notice);
    BOOST_CHECK(relay::next_step(after, rule, start + 1h).step == spool_step::report);
    // What they have got is not taken back by what is said later.
    after = relay::after_attempt(after, replies({550}), ours, rule, start + 48h, 0);
    BOOST_CHECK(after.recipients[0].debt == relay::debt::notice);
}

BOOST_AUTO_TEST_CASE(a_refused_recipient_is_not_tried_again) {
    auto entry =
        relay::after_attempt(entry_for(2), replies({550, 451}), by_next_hop, rule, start, 0);
    // The other one's later reply says nothing about this one, not even a 250.
    entry = relay::after_attempt(entry, replies({250, 250}), by_next_hop, rule, start + 1h, 0);
    BOOST_REQUIRE_EQUAL(entry.recipients.size(), 1U);
    BOOST_TEST(entry.recipients[0].said == "550 text");
    BOOST_CHECK(relay::next_step(entry, rule, entry.due - 1s).step == spool_step::wait);
    BOOST_CHECK(relay::next_step(entry, rule, entry.due).step == spool_step::report);
}

BOOST_AUTO_TEST_CASE(the_first_failure_after_the_end_is_the_last) {
    auto entry =
        relay::after_attempt(entry_for(1), replies({451}), by_next_hop, rule, start + 48h - 1s, 0);
    BOOST_CHECK(entry.recipients[0].debt == relay::debt::delivery);
    BOOST_CHECK(entry.due == entry.expires); // and not some time after it
    entry = relay::after_attempt(entry, replies({451}), by_next_hop, rule, entry.expires, 0);
    BOOST_CHECK(entry.recipients[0].debt == relay::debt::report);
}

BOOST_AUTO_TEST_CASE(a_sender_is_told_once_of_a_delay) {
    auto entry = entry_for(1);
    BOOST_TEST(!relay::is_delay_notice_due(entry, rule, start + 4h - 1s));
    BOOST_TEST(relay::is_delay_notice_due(entry, rule, start + 4h));
    auto reported = entry;
    reported.recipients[0].debt = relay::debt::report;
    BOOST_TEST(!relay::is_delay_notice_due(reported, rule, start + 4h));
    entry.delay_notice = relay::delay_notice::told;
    BOOST_TEST(!relay::is_delay_notice_due(entry, rule, start + 4h));
    entry.delay_notice = relay::delay_notice::due_later;
    auto never = rule;
    never.delay_notice = 0s;
    BOOST_TEST(!relay::is_delay_notice_due(entry, never, start + 40h));
}

BOOST_AUTO_TEST_SUITE_END()
