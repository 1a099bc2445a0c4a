// SPDX-License-Identifier: Apache-2.0
#include "message/dsn.hpp"
#include "notices.hpp"

using namespace postseal::message;

namespace {

std::string shown(std::string_view header, profile chosen = profile::standard) {
    return original_header(read_header_section(header), chosen);
}

} // namespace

BOOST_AUTO_TEST_SUITE(original_headers)

BOOST_AUTO_TEST_CASE(sender_is_shown_what_the_message_is_known_by) {
    const std::string_view kept = "From: Anna <anna@example.org>\r\n"
                                  "To: bob@example.net,\r\n carol@example.com\r\n"
                                  "CC: dave@example.com\r\n"
                                  "subject: Lunch\r\n"
                                  "Date: Wed, 25 Nov 2026 12:00:01 +0100\r\n"
                                  "Message-ID: <2@example.org>\r\n"
                                  "In-Reply-To: <1@example.org>\r\n"
                                  "Resent-To: eve@example.net\r\n"
                                  "List-Id: <l.example.org>\r\n";
    BOOST_TEST(shown(std::string(kept) + "\r\nbody\r\n") == kept);
    BOOST_TEST(shown("") == "");
    BOOST_TEST(shown("From: a") == "From: a\r\n");
}

BOOST_AUTO_TEST_CASE(what_could_hold_more_than_was_meant_to_be_seen_is_left_out) {
    for (const auto chosen : {profile::off, profile::standard, profile::strict})
        for (const auto line : {"Bcc: eve@example.net",
                                "Resent-Bcc: eve@example.net",
                                "BCC : eve@example.net",
                                "X-Envelope-To: eve@example.net",
                                "Apparently-To: eve@example.net",
                                "Approved: password",
                                "X-Approved: password",
                                "Authorization: Basic eA==",
                                "Received: from laptop",
                                "User-Agent: x",
                                "X-Originating-IP: 192.0.2.1",
                                "Autocrypt: addr=a@b; keydata=AAAA",
                                "Content-Type: text/plain; name=secret.txt",
                                "Content-Disposition: attachment; filename=secret.txt",
                                "Content-Description: secret",
                                "Thread-Topic: secret",
                                "Comments: secret",
                                "Keywords: secret",
                                "X-Anything: secret",
                                "DKIM-Signature: v=1",
                                "From anna Wed Nov 25",
                                ">From anna Wed Nov 25"})
            BOOST_TEST(shown(std::string(line) + "\r\nSubject: x\r\n\r\n", chosen) ==
                           "Subject: x\r\n",
                       line);
}

BOOST_AUTO_TEST_CASE(profile_of_the_message_decides_over_the_rest) {
    const std::string_view date = "Date: Wed, 25 Nov 2026 12:00:01 +0100\r\n\r\n";
    BOOST_TEST(shown(date, profile::off) == "Date: Wed, 25 Nov 2026 12:00:01 +0100\r\n");
    BOOST_TEST(shown(date, profile::strict) == "Date: Wed, 25 Nov 2026 11:00:00 +0000\r\n");
}

BOOST_AUTO_TEST_CASE(lines_are_clean_whatever_they_were) {
    BOOST_TEST(shown("Subject: a\rb\x1b[2J\n\tc\n") == "Subject: a?b?[2J\r\n c\r\n");
    BOOST_TEST(shown("Subject: \xfc \u00fc\r\n") == "Subject: ? \u00fc\r\n");
}

BOOST_AUTO_TEST_CASE(long_fields_are_left_out_whole) {
    const std::string long_one = "To: " + std::string(max_original_header, 'x') + "\r\n";
    BOOST_TEST(shown("From: a\r\n" + long_one + "Subject: b\r\n") == "From: a\r\nSubject: b\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
