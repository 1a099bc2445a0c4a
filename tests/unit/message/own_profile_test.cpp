// SPDX-License-Identifier: Apache-2.0
#include "message/own_profile.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

using namespace postseal::message;

namespace {

constexpr std::string_view header = "From shell\r\n"
                                    "Received: by a.example; x\r\n"
                                    "Date: Mon, 23 Nov 2026 12:00:07 +0100\r\n"
                                    "From: anna@example.org\r\n"
                                    "Bcc: secret@example.net\r\n"
                                    "Mime-Version: 1.0 (1.0)\r\n"
                                    "User-Agent: Thunderbird\r\n"
                                    "X-Acme-Desk: 7\r\n"
                                    "x-ticket: 4711\r\n"
                                    "X-Loop: yes\r\n"
                                    "Disposition-Notification-To: anna@example.org\r\n"
                                    "Content-Type: text/plain\r\n"
                                    "List-Id: a.example\r\n";

own_profile starting_from(profile base) {
    own_profile made;
    made.name = "quiet";
    made.from = base;
    return made;
}

cleaning with(own_profile own) {
    cleaning how;
    how.fields = chosen_profile(std::make_shared<const own_profile>(std::move(own)));
    return how;
}

std::string cleaned(own_profile own) {
    return clean_header(read_header_section(header), with(std::move(own)), content::kept).bytes;
}

bool has(const std::string& bytes, std::string_view field) {
    return bytes.find(field) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(own_profiles)

BOOST_AUTO_TEST_CASE(what_it_does_not_name_is_as_in_the_profile_it_starts_from) {
    auto own = starting_from(profile::standard);
    own.remove = {"X-Acme-*"};
    BOOST_TEST(cleaned(own) == "Date: Mon, 23 Nov 2026 12:00:07 +0100\r\n"
                               "From: anna@example.org\r\n"
                               "MIME-Version: 1.0\r\n"
                               "x-ticket: 4711\r\n"
                               "X-Loop: yes\r\n"
                               "Disposition-Notification-To: anna@example.org\r\n"
                               "Content-Type: text/plain\r\n"
                               "List-Id: a.example\r\n");
}

BOOST_AUTO_TEST_CASE(keep_goes_before_remove_and_both_before_the_profile) {
    auto own = starting_from(profile::strict);
    own.keep = {"X-Ticket", "user-agent"};
    own.remove = {"X-*", "*-agent"};
    const auto left = cleaned(own);
    BOOST_TEST(has(left, "x-ticket: 4711\r\n"));
    BOOST_TEST(has(left, "User-Agent: Thunderbird\r\n"));
    BOOST_TEST(!has(left, "X-Acme-Desk"));
    BOOST_TEST(!has(left, "Disposition-")); // as in strict
}

BOOST_AUTO_TEST_CASE(a_pattern_stands_for_whole_names_whatever_their_case) {
    auto own = starting_from(profile::off);
    own.remove = {"x-?icket", "*-DESK"};
    const auto left = cleaned(own);
    BOOST_TEST(!has(left, "x-ticket"));
    BOOST_TEST(!has(left, "X-Acme-Desk"));
    own.remove = {"Ticket", "X-Acme"};
    BOOST_TEST(has(cleaned(own), "x-ticket"));
    BOOST_TEST(has(cleaned(own), "X-Acme-Desk"));
}

// An administrator who removes everything loses no mail, no answer, no list and no loop mark.
BOOST_AUTO_TEST_CASE(what_mail_needs_survives_every_pattern) {
    for (const auto base : {profile::off, profile::standard, profile::strict}) {
        auto own = starting_from(base);
        own.remove = {"*"};
        const auto left = cleaned(own);
        for (const auto needed : {"Date: ", "From: ", "X-Loop: yes", "Content-Type: ", "List-Id: "})
            BOOST_TEST(has(left, needed), needed);
        BOOST_TEST(
            has(left, base == profile::off ? "Mime-Version: 1.0 (1.0)" : "MIME-Version: 1.0"));
        for (const auto gone : {"Received", "User-Agent", "X-Acme", "ticket", "Disposition"})
            BOOST_TEST(!has(left, gone), gone);
    }
}

// The two lists are apart, since not all that a profile keeps has to be kept.
BOOST_AUTO_TEST_CASE(no_profile_of_ours_removes_a_protected_field) {
    for (const auto name : {"From",
                            "to",
                            "CC",
                            "Subject",
                            "Date",
                            "Sender",
                            "Reply-To",
                            "MIME-Version",
                            "Content-Type",
                            "Content-Transfer-Encoding",
                            "Content-Disposition",
                            "Content-ID",
                            "Message-ID",
                            "In-Reply-To",
                            "References",
                            "List-Id",
                            "List-Unsubscribe-Post",
                            "Archived-At",
                            "Feedback-ID",
                            "Precedence",
                            "Auto-Submitted",
                            "X-Auto-Response-Suppress",
                            "X-Loop",
                            "X-LoopCount",
                            "X-BeenThere",
                            "X-OTRS-Loop",
                            "X-RT-Loop-Prevention",
                            "RT-Loop-Prevention",
                            "X-hMailServer-LoopCount",
                            "Resent-From",
                            "Resent-Date",
                            "TLS-Required",
                            "Require-Recipient-Valid-Since",
                            "Errors-To"}) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(is_protected(name));
            for (const auto chosen : {profile::standard, profile::strict})
                BOOST_CHECK(action_for(name, chosen) != field_action::remove);
        }
    }
    for (const auto name : {"X-Anything", "User-Agent", "Bcc", "Resent-Bcc", "Received",
                            "Content-Language", "Autocrypt", "DKIM-Signature", "Importance"})
        BOOST_TEST(!is_protected(name), name);
}

BOOST_AUTO_TEST_CASE(blind_recipients_and_the_mbox_line_go_whatever_is_kept) {
    for (const auto base : {profile::off, profile::standard, profile::strict}) {
        auto own = starting_from(base);
        own.keep = {"*"};
        const auto left = cleaned(own);
        BOOST_TEST(!has(left, "secret@"));
        BOOST_TEST(!has(left, "From shell"));
        auto expected = std::string(header.substr(12)); // without the mbox line
        expected.erase(expected.find("Bcc"), 25);
        BOOST_TEST(left == expected);
    }
}

BOOST_AUTO_TEST_CASE(what_has_a_normal_form_can_be_given_it) {
    auto own = starting_from(profile::off);
    own.normalise = {"*"};
    const auto left = cleaned(own);
    BOOST_TEST(has(left, "Date: Mon, 23 Nov 2026 11:00:00 +0000\r\n"));
    BOOST_TEST(has(left, "MIME-Version: 1.0\r\n"));
    BOOST_TEST(has(left, "User-Agent: Thunderbird\r\n"));
    own.keep = {"Date"};
    BOOST_TEST(has(cleaned(own), "Date: Mon, 23 Nov 2026 12:00:07 +0100\r\n"));
    BOOST_TEST(names_a_normal_form("resent-*"));
    BOOST_TEST(!names_a_normal_form("Subject"));
    BOOST_TEST(!names_a_normal_form("X-*"));
}

BOOST_AUTO_TEST_CASE(own_profiles_differ_even_where_they_start_from_the_same) {
    const auto quiet = with(starting_from(profile::strict));
    const auto other = with(starting_from(profile::strict));
    BOOST_CHECK(quiet == cleaning(quiet));
    BOOST_CHECK(quiet != other);
    BOOST_CHECK(quiet != cleaning(profile::strict));
    BOOST_TEST(!with(starting_from(profile::off)).changes_nothing());
}

BOOST_AUTO_TEST_CASE(a_cleaning_says_for_people_what_it_does) {
    auto how = with(starting_from(profile::strict));
    BOOST_TEST(to_string(how) == "quiet");
    how.date = date_form::utc;
    how.message_id = id_form::hmac;
    how.dkim = signature_rule::keep;
    BOOST_TEST(to_string(how) ==
               "quiet, date in UTC, internal hosts hidden in message identifiers, DKIM kept");
    how.fields = profile::off; // where the rest does not count
    BOOST_TEST(to_string(how) == "off");
    BOOST_TEST(to_string(cleaning(profile::standard)) == "standard");
}

BOOST_AUTO_TEST_SUITE_END()
