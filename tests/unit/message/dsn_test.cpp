// SPDX-License-Identifier: Apache-2.0
#include "message/dsn.hpp"
#include "message/dsn_parts.hpp"
#include "notices.hpp"

#include <fstream>
#include <iterator>

using namespace postseal::message;
using namespace test;

namespace {

std::string stored(const std::string& name) {
    const auto path = std::string(POSTSEAL_TEST_DATA) + "/notifications/" + name + ".eml";
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// One of each event, with all that can be told.
dsn everything() {
    auto refused =
        report("bob@example.net", delivery_event::refused,
               heard(550, {"5.1.1 The account that you tried to reach does not exist.",
                           "5.1.1 See https://example.net/help?no-such-user for what to do."}));
    refused.to.parameters = {{"NOTIFY", "FAILURE"}, {"ORCPT", "rfc822;Robert+2Bwork@example.net"}};
    refused.said_by = "mx.example.org";
    refused.last_attempt = at("Wed, 25 Nov 2026 11:04:58 +0000");

    auto expired = report(
        "carol@example.com", delivery_event::expired,
        smtp::make_reply(421, "4.4.2", "The mail server behind this relay cannot be used now"));
    expired.last_attempt = at("Wed, 25 Nov 2026 11:04:59 +0000");

    auto delayed = report("m\u00fcller@b\u00fccher.example", delivery_event::delayed,
                          heard(451, {"4.7.1 Greylisted, bitte sp\u00e4ter noch einmal"}));
    delayed.to.parameters = {{"ORCPT", "utf-8;m\\x{FC}ller@b\u00fccher.example"}};
    delayed.said_by = "mx.example.org";
    delayed.retried_until = at("Mon, 30 Nov 2026 11:00:00 +0000");

    auto relayed =
        report("dave@example.com", delivery_event::relayed, heard(250, {"2.0.0 Ok: queued as 1A"}));

    auto made = notice({refused, expired, delayed, relayed});
    made.mail_parameters = {{"RET", "FULL"}, {"ENVID", "QQ314159+2B+3D"}};
    made.original_header = original_header(
        read_header_section("Received: from laptop by us; Wed, 25 Nov 2026 11:00:00 +0000\r\n"
                            "From: Anna <anna@example.org>\r\n"
                            "To: bob@example.net, carol@example.com,\r\n"
                            "\tdave@example.com\r\n"
                            "Bcc: secret@example.com\r\n"
                            "Subject: Lunch\r\n"
                            "Date: Wed, 25 Nov 2026 12:00:01 +0100\r\n"
                            "Message-ID: <1@example.org>\r\n"
                            "Content-Type: text/plain; name=\"secret.txt\"\r\n"
                            "User-Agent: Mozilla Thunderbird\r\n"
                            "\r\n"
                            "Secret text\r\n"),
        profile::standard);
    return made;
}

// Every text that comes from outside tries to be something else.
dsn hostile() {
    const std::string attack = "x\r\nBcc: victim@example.com\r\n\r\n--=_\r\n.\r\n\x1b[2J\u202e";
    auto one = report("bob@example.net", delivery_event::refused,
                      heard(550, {attack + "\xff", std::string(2000, 'y'), "\r\nAction: relayed"}));
    one.to.parameters = {{"ORCPT", "rfc822;x+0D+0AAction:+20relayed+0D+0A+0D+0AStatus:+202.0.0"}};
    one.said_by = attack;
    auto made = notice({one});
    made.mail_parameters = {{"ENVID", "a+0D+0ABcc:+20victim@example.com+0D+0A+0D+0Ax"}};
    made.original_header =
        original_header(read_header_section("Subject: a\rBcc: victim@example.com\r\n"
                                            "To: " +
                                            std::string(1500, 'z') +
                                            "@example.com\r\n"
                                            "From: \xff\xfe <anna@example.org>\n"
                                            "\tBcc: victim@example.com\r\n"
                                            "References: " +
                                            made.boundary + "--\r\n\r\n"),
                        profile::strict);
    return made;
}

std::string field(const std::string& text, const std::string& name) {
    const auto start = text.find("\r\n" + name + ": ");
    if (start == text.npos) return "none";
    const auto from = start + name.size() + 4;
    return text.substr(from, text.find("\r\n", from) - from);
}

std::string status_of(delivery_event what, smtp::reply said) {
    return field(delivery_status(notice({report("a@b", what, std::move(said))})), "Status");
}

} // namespace

BOOST_AUTO_TEST_SUITE(dsn_messages)

// Read by Python's email package, too: tests/e2e/test_notices.py.
BOOST_AUTO_TEST_CASE(notification_is_what_stands_in_the_files_byte_for_byte) {
    BOOST_TEST(written(everything()) == stored("everything"));
    BOOST_TEST(written(hostile()) == stored("hostile"));
}

BOOST_AUTO_TEST_CASE(status_is_the_servers_enhanced_code_or_the_class_of_its_reply) {
    const auto refused = delivery_event::refused;
    struct {
        delivery_event what;
        smtp::reply said;
        std::string_view expected;
    } const table[] = {
        {refused, heard(550, {"5.1.1 No such user"}), "5.1.1"},
        {refused, heard(550, {"5.1.1"}), "5.1.1"},
        {refused, heard(550, {"5.7.509 Access denied"}), "5.7.509"},
        {refused, heard(550, {"No such user 5.1.1"}), "5.0.0"},
        {refused, heard(550, {"4.1.1 No such user"}), "5.0.0"}, // contradicts 550
        {refused, heard(550, {"5.1 No"}), "5.0.0"},
        {refused, heard(550, {"5.1.1.1 No"}), "5.0.0"},
        {refused, heard(550, {"5..1 No"}), "5.0.0"},
        {refused, heard(550, {"5.1.1234 No"}), "5.0.0"},
        {refused, heard(550, {"5.1.1\r\nAction: relayed"}), "5.0.0"},
        {refused, heard(550, {""}), "5.0.0"},
        {refused, heard(552, {}), "5.0.0"},
        {refused, smtp::make_reply(554, "5.4.6", "It goes in circles"), "5.4.6"},
        {refused, {}, "5.0.0"},
        {delivery_event::delayed, heard(451, {"4.7.1 Greylisted"}), "4.7.1"},
        {delivery_event::delayed, heard(421, {"Busy"}), "4.0.0"},
        {delivery_event::delayed, {}, "4.0.0"},
        {delivery_event::expired, heard(451, {"4.7.1 Greylisted"}), "4.4.7"},
        {delivery_event::relayed, heard(250, {"2.1.5 Ok"}), "2.1.5"},
        {delivery_event::relayed, heard(250, {"Ok"}), "2.0.0"},
        {delivery_event::relayed, {}, "2.0.0"},
    };
    for (const auto& row : table)
        BOOST_TEST(status_of(row.what, row.said) == row.expected);
}

BOOST_AUTO_TEST_CASE(recipients_are_told_in_seven_bits) {
    struct {
        std::string_view address, expected;
    } const table[] = {
        {"bob@example.net", "rfc822; bob@example.net"},
        {"\"a b\"@example.net", "rfc822; \"a b\"@example.net"},
        {"postmaster", "rfc822; postmaster"},
        {"m\u00fcller@example.net", "utf-8; m\\x{FC}ller@example.net"},
    };
    for (const auto& row : table) {
        const auto text = delivery_status(notice({report(row.address, delivery_event::refused)}));
        BOOST_TEST(field(text, "Final-Recipient") == row.expected);
    }
}

BOOST_AUTO_TEST_CASE(original_recipient_is_what_orcpt_said) {
    struct {
        std::string orcpt;
        std::string_view expected;
    } const table[] = {
        {"rfc822;a+2Bb@example.org", "rfc822; a+b@example.org"},
        {"RFC822;a@b", "RFC822; a@b"},
        {"x400;/c=de/", "none"}, // no xtext: never accepted from a client
        {"x400;/c+3Dde/", "x400; /c=de/"},
        {"utf-8;m\u00fcller@b", "utf-8; m\\x{FC}ller@b"},
        {"utf-8;m\\x{FC}ller%c@b", "utf-8; m\\x{FC}ller%c@b"},
        {"rfc822;m+C3+BCller@b", "rfc822; m?ller@b"},
        {"rfc822;", "none"},
        {"rfc822", "none"},
    };
    for (const auto& row : table) {
        auto one = report("x@y", delivery_event::refused);
        one.to.parameters = {{"ORCPT", row.orcpt}};
        BOOST_TEST(field(delivery_status(notice({one})), "Original-Recipient") == row.expected);
    }
    const auto without = delivery_status(notice({report("x@y", delivery_event::refused)}));
    BOOST_TEST(field(without, "Original-Recipient") == "none");
}

BOOST_AUTO_TEST_CASE(words_of_ours_are_not_a_mail_servers) {
    auto ours = report("a@b", delivery_event::refused,
                       smtp::make_reply(552, "5.3.4", "Sealing makes this message too large"));
    ours.said_by = "mx.example.org";
    const auto text = delivery_status(notice({ours}));
    BOOST_TEST(field(text, "Diagnostic-Code") ==
               "X-Postseal; 552 5.3.4 Sealing makes this message too large");
    BOOST_TEST(field(text, "Remote-MTA") == "none");
    const auto words = words_for_a_person(notice({ours}));
    BOOST_TEST(words.find("\r\n    Sealing makes this message too large\r\n") != words.npos);
    BOOST_TEST(words.find('|') == words.npos);
}

BOOST_AUTO_TEST_CASE(subject_says_the_worst) {
    const auto subject = [](std::vector<delivery_event> events) {
        std::vector<recipient_report> reports;
        for (const auto what : events)
            reports.push_back(report("a@b", what));
        return field(written(notice(reports)), "Subject");
    };
    BOOST_TEST(subject({delivery_event::relayed}) == "Your message was passed on");
    BOOST_TEST(subject({delivery_event::relayed, delivery_event::delayed}) ==
               "Your message is delayed");
    for (const auto lost : {delivery_event::refused, delivery_event::expired})
        BOOST_TEST(subject({delivery_event::delayed, lost}) ==
                   "Your message could not be delivered");
}

BOOST_AUTO_TEST_CASE(smtputf8_is_needed_for_addresses_beyond_ascii_in_the_header_only) {
    auto made = notice({report("m\u00fcller@example.net", delivery_event::refused)});
    BOOST_TEST(!needs_smtputf8(made));
    made.to = box("\u00e4nne@example.org");
    BOOST_TEST(needs_smtputf8(made));
    BOOST_TEST(field(written(made), "To") == "<\u00e4nne@example.org>");
    made.to = box("anna@example.org");
    made.from = box("post@\u00fcber.example");
    BOOST_TEST(needs_smtputf8(made));
}

BOOST_AUTO_TEST_SUITE_END()
