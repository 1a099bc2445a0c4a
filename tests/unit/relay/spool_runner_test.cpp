// SPDX-License-Identifier: Apache-2.0
#include "spool_runner_scene.hpp"

#include <algorithm>

using namespace postseal;
using namespace postseal::relay;
using namespace postseal::relay::testing;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(spool_runners)

BOOST_AUTO_TEST_CASE(what_is_owed_is_delivered_and_forgotten) {
    runner_scene here;
    auto entry = entry_for(2);
    entry.parameters = {{"RET", "HDRS"}, {"BODY", "8BITMIME"}, {"SIZE", "3"}, {"AUTH", "<>"}};
    entry.recipients[0].to.parameters = {{"NOTIFY", "NEVER"}};
    put(here.outside, "Subject: x\r\n\r\n.dot\r\n", entry);
    here.start();
    BOOST_TEST(here.until([&] { return here.folder.files().empty(); }));
    BOOST_TEST(here.hop.messages == std::vector<std::string>{"Subject: x\r\n\r\n..dot\r\n"});
    BOOST_TEST(here.said("MAIL FROM:<anna@example.org> RET=HDRS SIZE=20") == 1U);
    BOOST_TEST(here.said("RCPT TO:<r0@example.net> NOTIFY=NEVER") == 1U);
    BOOST_TEST(here.failures.empty());
}

BOOST_AUTO_TEST_CASE(each_recipient_has_their_own_fate) {
    int busy = 1;
    runner_scene here([&](const std::string& line) -> std::string {
        if (line.starts_with("RCPT TO:<r1@")) return "550 5.1.1 Unknown";
        if (line.starts_with("RCPT TO:<r2@") && busy-- > 0) return "451 4.2.1 Busy";
        return {};
    });
    put(here.outside, "content\r\n", entry_for(3));
    here.start();
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(here.hop.messages.size() == 2U);
    BOOST_TEST(here.said("RCPT TO:<r0@") == 1U);
    BOOST_TEST(here.said("RCPT TO:<r1@") == 1U);
    BOOST_TEST(here.said("RCPT TO:<r2@") == 2U);
    BOOST_REQUIRE_EQUAL(here.failures.size(), 1U);
    const auto& told = here.failures[0].recipients;
    BOOST_REQUIRE_EQUAL(told.size(), 2U);
    BOOST_TEST(told[0].said == "550 5.1.1 Unknown");
    BOOST_CHECK(told[0].debt == debt::report);
    BOOST_CHECK(told[1].debt == debt::delivery);
}

BOOST_AUTO_TEST_CASE(a_report_that_cannot_be_made_is_still_owed_and_the_mail_not_sent_again) {
    runner_scene here(
        [](const std::string& line) -> std::string { return line == "." ? "554 5.6.0 No" : ""; });
    here.reported = report_outcome::not_now;
    const auto id = put(here.outside, "content\r\n", entry_for(1));
    here.start();
    BOOST_TEST(here.until([&] { return here.failures.size() >= 2; }));
    BOOST_TEST(here.said("DATA") == 1U);
    BOOST_TEST(here.outside.read(id).has_value());
    here.reported = report_outcome::settled;
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
}

BOOST_AUTO_TEST_CASE(who_was_refused_is_not_named_again_when_the_others_are_tried_again) {
    int busy = 1;
    runner_scene here([&](const std::string& line) -> std::string {
        if (line.starts_with("RCPT TO:<r0@")) return "550 5.1.1 Unknown";
        if (line.starts_with("RCPT TO:<r1@") && busy-- > 0) return "451 4.2.1 Busy";
        return {};
    });
    here.reported = report_outcome::not_now;
    put(here.outside, "content\r\n", entry_for(2));
    here.start();
    BOOST_TEST(here.until([&] { return here.hop.messages.size() == 1; }));
    BOOST_TEST(here.said("RCPT TO:<r0@") == 1U);
    BOOST_TEST(here.said("RCPT TO:<r1@") == 2U);
    here.reported = report_outcome::settled;
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
}

BOOST_AUTO_TEST_CASE(what_was_delivered_is_not_sent_again_when_the_disk_cannot_be_told) {
    int busy = 1;
    runner_scene here([&](const std::string& line) -> std::string {
        return line.starts_with("RCPT TO:<r1@") && busy-- > 0 ? "451 4.2.1 Busy" : "";
    });
    const auto id = put(here.outside, "content\r\n", entry_for(2));
    const auto in_the_way = here.folder.owed() / (id + ".entry.new");
    std::filesystem::create_directory(in_the_way);
    here.start();
    BOOST_TEST(here.until([&] { return here.hop.messages.size() == 1; }));
    const auto seconds_later = std::chrono::steady_clock::now() + 3s; // several turns
    BOOST_TEST(here.until([&] { return std::chrono::steady_clock::now() > seconds_later; }));
    BOOST_TEST(here.said("RCPT TO:<r0@") == 1U);
    const auto on_disk = here.outside.read(id);
    BOOST_REQUIRE(on_disk.has_value());
    BOOST_TEST(on_disk->recipients.size() == 2U); // it does not know
    std::filesystem::remove(in_the_way);
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(here.said("RCPT TO:<r0@") == 1U);
    BOOST_TEST(here.said("RCPT TO:<r1@") == 2U);
    BOOST_TEST(here.hop.messages.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_next_hop_that_takes_no_mail_is_asked_once_for_all_and_nothing_bounces) {
    bool open = false;
    runner_scene here([&](const std::string& line) -> std::string {
        return line == "greeting" && !open ? "554 5.3.2 Maintenance" : "";
    });
    here.rules->owed.connections = 1;
    for (int i = 0; i < 5; ++i)
        put(here.outside, "content\r\n");
    here.start();
    BOOST_TEST(here.until([&] { return here.hop.connections == 1; }));
    BOOST_TEST(here.until([&] { return here.hop.connections >= 2; }));
    BOOST_TEST(here.outside.marks().size() == 5U);
    BOOST_TEST(here.failures.empty());
    open = true;
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(here.hop.messages.size() == 5U);
    BOOST_TEST(here.hop.connections < 10);
}

BOOST_AUTO_TEST_CASE(what_has_expired_is_tried_a_last_time_and_then_reported) {
    runner_scene here(
        [](const std::string& line) -> std::string { return line == "." ? "451 4.3.0 Full" : ""; });
    auto old = entry_for(1);
    old.expires = old.arrived - 1s;
    put(here.outside, "content\r\n", old);
    here.start();
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(here.said("DATA") == 1U);
    BOOST_REQUIRE_EQUAL(here.failures.size(), 1U);
    BOOST_TEST(here.failures[0].recipients[0].said == "451 4.3.0 Full");
}

BOOST_AUTO_TEST_CASE(a_connection_lost_at_the_final_dot_is_tried_again) {
    int drops = 1;
    runner_scene here([&](const std::string& line) -> std::string {
        return line == "." && drops-- > 0 ? "drop" : "";
    });
    put(here.outside, "content\r\n", entry_for(1));
    here.start();
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(here.hop.messages.size() == 1U);
    BOOST_TEST(here.said("DATA") == 2U);
    BOOST_TEST(here.failures.empty());
}

BOOST_AUTO_TEST_CASE(an_entry_that_is_added_does_not_wait_for_the_next_look) {
    runner_scene here;
    auto& runner = here.start();
    put(here.outside, "first\r\n");
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    put(here.outside, "second\r\n");
    const auto before = std::chrono::steady_clock::now();
    runner.wake();
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST((std::chrono::steady_clock::now() - before < 60s));
    BOOST_TEST(here.hop.messages.size() == 2U);
}

BOOST_AUTO_TEST_CASE(connections_are_shared_and_bounded) {
    runner_scene here;
    here.rules->owed.connections = 2;
    for (int i = 0; i < 8; ++i)
        put(here.outside, "content\r\n");
    here.start();
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(here.hop.messages.size() == 8U);
    BOOST_TEST(here.hop.connections == 2);
    BOOST_TEST(here.hop.most_open == 2);
}

BOOST_AUTO_TEST_CASE(two_relays_on_one_folder_never_send_an_entry_twice) {
    runner_scene here;
    spool second(here.folder.path, {});
    for (int i = 0; i < 20; ++i)
        put(here.outside, "content " + std::to_string(i) + "\r\n", entry_for(1));
    here.start();
    here.start(&second);
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    auto messages = here.hop.messages;
    std::ranges::sort(messages);
    BOOST_TEST((std::ranges::adjacent_find(messages) == messages.end()));
    BOOST_TEST(messages.size() == 20U);
}

BOOST_AUTO_TEST_CASE(a_sender_is_told_of_a_delay_once) {
    int failures = 2;
    runner_scene here([&](const std::string& line) -> std::string {
        return line == "." && failures-- > 0 ? "451 4.3.0 Full" : "";
    });
    auto late = entry_for(1);
    late.arrived -= 5h;
    put(here.outside, "content\r\n", late);
    here.start();
    BOOST_TEST(here.until([&] { return here.is_empty(); }));
    BOOST_TEST(here.said("DATA") == 3U);
    BOOST_TEST(here.delays.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_message_waits_for_a_next_hop_that_offers_what_it_needs) {
    runner_scene here;
    auto entry = entry_for(1);
    entry.parameters = {{"REQUIRETLS", ""}};
    const auto id = put(here.outside, "canary\r\n", entry);
    here.start();
    BOOST_TEST(here.until([&] {
        const auto now = here.outside.read(id);
        return now.has_value() && now->attempts > 0;
    }));
    BOOST_TEST(here.said("MAIL") == 0U);
    BOOST_TEST(here.outside.read(id)->recipients[0].said.find("REQUIRETLS") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_damaged_entry_is_set_aside_and_the_others_go_on) {
    runner_scene here;
    const auto id = put(here.outside, "content\r\n");
    std::filesystem::resize_file(here.folder.owed() / (id + ".entry"), 60);
    put(here.outside, "other\r\n");
    here.start();
    const std::set<std::string> left{id + ".damaged", id + ".mail"};
    BOOST_TEST(here.until([&] { return here.folder.files() == left; }));
    BOOST_TEST(here.hop.messages.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
