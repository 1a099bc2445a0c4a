// SPDX-License-Identifier: Apache-2.0
#include "relay/spool_entry.hpp"

#include "smtp/crc32c.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <vector>

using namespace postseal;
using namespace std::chrono_literals;

namespace {

relay::spool_entry full_entry() {
    relay::spool_entry made;
    made.id = "bcdfghjkmnpqrstv";
    made.message = "BCDF23456789bcdf";
    made.arrived = std::chrono::sys_seconds(1'764'000'000s);
    made.expires = made.arrived + 48h;
    made.due = made.arrived + 1min;
    made.attempts = 3;
    made.delay_notice = relay::delay_notice::told;
    made.copy = relay::spooled_copy::sealed;
    made.size = 123'456;
    made.reason = "the next hop was lost";
    made.sender = smtp::mailbox{"anna", "example.org"};
    made.parameters = {{"RET", "HDRS"}, {"ENVID", "QQ+2B1"}, {"BODY", "8BITMIME"}};
    made.recipients = {
        {{{"bob", "example.net"}, {{"NOTIFY", "FAILURE,DELAY"}, {"ORCPT", "rfc822;b@old.example"}}},
         relay::debt::delivery,
         "451 4.3.0 Try again later / really",
         relay::speaker::server},
        {{{"two words", "example.net"}, {{"NOTIFY", "NEVER"}}},
         relay::debt::report,
         "550 5.7.1 No",
         relay::speaker::relay},
        {{{"r%via", "example.com"}, {}}, relay::debt::delivery, "", relay::speaker::server},
        {{{"r3", "example.com"}, {{"NOTIFY", "SUCCESS"}}}, relay::debt::notice, "250 Ok", {}},
    };
    return made;
}

// As somebody would who knows the checksum.
std::string with_checksum(std::string text) {
    text.resize(text.rfind("end "));
    constexpr std::string_view hex = "0123456789abcdef";
    const auto sum = smtp::crc32c(text);
    text += "end ";
    for (int shift = 28; shift >= 0; shift -= 4)
        text += hex[sum >> static_cast<unsigned>(shift) & 0xfU];
    return text + "\n";
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const auto at = text.find(what);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, what);
    return with_checksum(text.replace(at, what.size(), by));
}

} // namespace

BOOST_AUTO_TEST_SUITE(spool_entries)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again) {
    auto entry = full_entry();
    BOOST_TEST((relay::parse_spool_entry(relay::write_spool_entry(entry)) == entry));
    entry.sender.reset();
    entry.parameters.clear();
    entry.reason.clear();
    entry.copy = relay::spooled_copy::clear;
    BOOST_TEST((relay::parse_spool_entry(relay::write_spool_entry(entry)) == entry));
    entry.copy = relay::spooled_copy::held;
    entry.held.received = 117;
    BOOST_TEST((relay::parse_spool_entry(relay::write_spool_entry(entry)) == entry));
}

BOOST_AUTO_TEST_CASE(a_held_copy_remembers_how_it_came) {
    auto entry = full_entry();
    entry.copy = relay::spooled_copy::held;
    auto& terms = entry.held;
    const auto is_read_again = [&] {
        const auto text = relay::write_spool_entry(entry);
        return relay::parse_spool_entry(text) == entry;
    };
    terms = {
        .over = {.listener = "filter", .client = {}, .tls = {}, .authenticated = {}, .login = {}},
        .answers = policy::answering::each_recipient,
        .until = std::chrono::sys_seconds(1'790'000'000s),
        .received = 4711};
    BOOST_TEST(is_read_again());
    for (const auto made :
         {policy::promise::none, policy::promise::not_clear, policy::promise::required})
        for (const bool known : {true, false}) {
            entry.recipients.front().held_as = {made, known};
            BOOST_TEST(is_read_again());
        }
    terms.over.client = smtp::parse_ip_address("2001:db8::7");
    terms.over.tls = true;
    terms.over.authenticated = false;
    for (const auto* login : {"", "-", "=", "anna b\xc3\xbc\n+x", "yes"}) {
        terms.over.login = login;
        BOOST_TEST(is_read_again());
    }
    // Where it is not held, there is nothing to remember.
    entry.copy = relay::spooled_copy::sealed;
    BOOST_TEST(relay::write_spool_entry(entry).find("\nlistener ") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_torn_entry_is_none) {
    const auto text = relay::write_spool_entry(full_entry());
    for (std::size_t length = 0; length < text.size(); ++length)
        BOOST_REQUIRE(!relay::parse_spool_entry(std::string_view(text).substr(0, length)));
    BOOST_TEST(!relay::parse_spool_entry(text + "\n"));
    BOOST_TEST(!relay::parse_spool_entry(text + text));
}

BOOST_AUTO_TEST_CASE(a_damaged_entry_is_none) {
    const auto text = relay::write_spool_entry(full_entry());
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        BOOST_REQUIRE_MESSAGE(!relay::parse_spool_entry(damaged), damaged);
    }
}

BOOST_AUTO_TEST_CASE(what_this_program_would_not_write_is_refused_whatever_its_checksum_says) {
    const auto text = relay::write_spool_entry(full_entry());
    BOOST_TEST(relay::parse_spool_entry(with_checksum(text)).has_value());
    const std::vector<std::pair<std::string_view, std::string_view>> table = {
        {"postseal-spool 1", "postseal-spool 2"},
        {"id bcdfghjkmnpqrstv", "id ../../etc/passwd"},
        {"id bcdfghjkmnpqrstv", "id bcdfghjkmnpqrst"},
        {"message BCDF23456789bcdf", "message "},
        {"attempts 3", "attempts 03"},
        {"attempts 3", "attempts -3"},
        {"attempts 3", "attempts 99999999999"},
        {"arrived 1764000000", "arrived 9223372036854775807"},
        {"copy sealed", "copy open"},
        {"copy sealed\n", ""},
        {"copy sealed", "copy sealed\ncopy clear"},
        {"size 123456", "size 123456 "},
        {"reason the", "reason \x1b[2J the"},
        {"MAIL FROM:<anna@example.org>", "MAIL FROM:<anna@example.org\r>"},
        {"MAIL FROM:<anna@example.org>", "RCPT TO:<anna@example.org>"},
        {"MAIL FROM:<anna@example.org>", "QUIT"},
        {"RCPT TO:<bob@example.net>", "RCPT TO:<bob@example.net> "},
        {"RCPT TO:<bob@example.net>", "rcpt to:<bob@example.net>"},
        {"NOTIFY=NEVER", "NOTIFY=SOMETIMES"},
        {"\ndelivery server 451", "\ndelivered server 451"},
        {"\ndelivery server 451", "\ndelivery 451"},
        {"\ndelivery server 451", "\ndelivery somebody 451"},
        {"\ndelivery\n", "\ndelivery server\n"},
        {"\ndelivery\n", "\ndelivery \n"},
        {"\nreport relay 550 5.7.1 No", ""},
    };
    for (const auto& [what, by] : table)
        BOOST_TEST(!relay::parse_spool_entry(replaced(text, what, by)), what << " -> " << by);
}

BOOST_AUTO_TEST_CASE(an_entry_for_nobody_is_none) {
    auto entry = full_entry();
    entry.recipients.clear();
    BOOST_TEST(!relay::parse_spool_entry(relay::write_spool_entry(entry)));
}

BOOST_AUTO_TEST_CASE(words_of_others_stay_on_their_line_and_short) {
    auto entry = full_entry();
    entry.reason = "one\nattempts 0\r\n\xff";
    entry.recipients[0].said = "550 " + std::string(2000, 'x');
    const auto read = relay::parse_spool_entry(relay::write_spool_entry(entry));
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(read->reason == "one?attempts 0???");
    BOOST_TEST(read->attempts == 3U);
    BOOST_TEST(read->recipients[0].said.size() == relay::max_spool_words);
}

BOOST_AUTO_TEST_CASE(the_last_reply_is_known_as_its_speaker_gave_it) {
    relay::owed_recipient one;
    BOOST_TEST(relay::last_reply(one).code == 0);
    relay::note(one, smtp::make_reply(451, "4.4.0", "Our words"));
    BOOST_TEST((relay::last_reply(one) == smtp::make_reply(451, "4.4.0", "Our words")));
    smtp::reply heard{550, {}, {"5.1.1 No such user", "here"}};
    relay::note(one, heard);
    heard.lines = {"5.1.1 No such user / here"};
    BOOST_TEST((relay::last_reply(one) == heard));
    one.said = "nonsense";
    BOOST_TEST(relay::last_reply(one).code == 0);
}

BOOST_AUTO_TEST_CASE(noise_reads_as_nothing_or_as_what_would_be_written) {
    std::mt19937 chance(7); // NOLINT: the same noise every time
    const auto text = relay::write_spool_entry(full_entry());
    const auto body = text.rfind("end ");
    std::size_t read_at_all = 0;
    for (int round = 0; round < 2000; ++round) {
        auto noisy = text;
        noisy[chance() % body] = static_cast<char>(chance());
        noisy = with_checksum(noisy);
        const auto read = relay::parse_spool_entry(noisy);
        if (!read) continue;
        ++read_at_all;
        BOOST_REQUIRE(relay::is_spool_id(read->id));
        BOOST_REQUIRE(relay::write_spool_entry(*read) == noisy);
    }
    BOOST_TEST(read_at_all > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
