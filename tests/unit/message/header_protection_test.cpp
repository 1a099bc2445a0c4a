// SPDX-License-Identifier: Apache-2.0
#include "message/header_protection.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::message;

namespace {

std::string crlf(std::string_view text) {
    std::string made;
    for (const char c : text)
        made += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return made;
}

const auto letter = crlf("Received: by relay.example.org\n"
                         "From: Anna Adler <anna@example.org>\n"
                         "To: Bob <bob@b.example>,\n \"Cara\" <cara@c.example>\n"
                         "Subject: the figures\n of May\n"
                         "Date: Thu, 26 Nov 2026 08:00:00 +0100\n"
                         "Keywords: secret\n"
                         "Comments: none\n"
                         "Message-ID: <1@example.org>\n"
                         "HP-Outer: Subject: forged\n"
                         "Autocrypt: addr=anna@example.org; keydata=x\n");

constexpr auto baseline = protection_policy::baseline;
constexpr auto shy = protection_policy::shy;
constexpr auto hidden = subject_outside::hidden;

} // namespace

BOOST_AUTO_TEST_SUITE(header_protection_)

BOOST_AUTO_TEST_CASE(baseline_hides_subject_comments_and_keywords) {
    const auto made = protect_header(letter, {baseline, hidden}, "=_b");
    BOOST_TEST(made.outer == crlf("Received: by relay.example.org\n"
                                  "From: Anna Adler <anna@example.org>\n"
                                  "To: Bob <bob@b.example>,\n \"Cara\" <cara@c.example>\n"
                                  "Subject: [...]\n"
                                  "Date: Thu, 26 Nov 2026 08:00:00 +0100\n"
                                  "Message-ID: <1@example.org>\n"
                                  "Autocrypt: addr=anna@example.org; keydata=x\n"));
    BOOST_TEST(made.before ==
               crlf("From: Anna Adler <anna@example.org>\n"
                    "To: Bob <bob@b.example>,\n \"Cara\" <cara@c.example>\n"
                    "Subject: the figures\n of May\n"
                    "Date: Thu, 26 Nov 2026 08:00:00 +0100\n"
                    "Keywords: secret\n"
                    "Comments: none\n"
                    "Message-ID: <1@example.org>\n"
                    "Autocrypt: addr=anna@example.org; keydata=x\n"
                    "HP-Outer: From: Anna Adler <anna@example.org>\n"
                    "HP-Outer: To: Bob <bob@b.example>,\n \"Cara\" <cara@c.example>\n"
                    "HP-Outer: Subject: [...]\n"
                    "HP-Outer: Date: Thu, 26 Nov 2026 08:00:00 +0100\n"
                    "HP-Outer: Message-ID: <1@example.org>\n"
                    "HP-Outer: Autocrypt: addr=anna@example.org; keydata=x\n"
                    "Content-Type: multipart/mixed; protected-headers=\"v1\"; hp=\"cipher\";\n"
                    " boundary=\"=_b\"\n\n--=_b\n"));
    BOOST_TEST(made.after == crlf("\n--=_b--\n"));
}

BOOST_AUTO_TEST_CASE(shy_hides_names_and_the_time_zone_too) {
    const auto made = protect_header(letter, {shy, hidden}, "=_b");
    BOOST_TEST(made.outer == crlf("Received: by relay.example.org\n"
                                  "From: anna@example.org\n"
                                  "To: bob@b.example,\n cara@c.example\n"
                                  "Subject: [...]\n"
                                  "Date: Thu, 26 Nov 2026 07:00:00 +0000\n"
                                  "Message-ID: <1@example.org>\n"
                                  "Autocrypt: addr=anna@example.org; keydata=x\n"));
    BOOST_TEST(made.before.find("HP-Outer: To: bob@b.example,\r\n cara@c.example\r\n") !=
               std::string::npos);
    BOOST_TEST(made.before.find("\"Cara\"") != std::string::npos);
}

// Outlook's Thread-Topic is the subject as it was first; filters and lists keep it under other
// names.
BOOST_AUTO_TEST_CASE(what_repeats_a_hidden_subject_is_inside_only) {
    const auto repeated = crlf("Thread-Topic: the figures\n"
                               "thread-index: AdxZAAECAwQFBgcICQoLDA0ODxAREgAAAAEB\n"
                               "X-Spam-Prev-Subject: the figures\n"
                               "Original-subject: the figures\n");
    const auto mail = crlf("From: a@b.example\n") + repeated + crlf("Subject: figures\n");
    for (const auto policy : {baseline, shy}) {
        const auto made = protect_header(mail, {policy, hidden}, "b");
        BOOST_TEST(made.outer == crlf("From: a@b.example\nSubject: [...]\n"));
        BOOST_TEST(made.before.find(repeated) != std::string::npos);
        BOOST_TEST(made.before.find("HP-Outer: Thread") == std::string::npos);
    }
    BOOST_TEST(protect_header(mail, {baseline, subject_outside::shown}, "b").outer == mail);
    BOOST_TEST(protect_header(repeated, {baseline, hidden}, "b").outer.empty());
}

// The name that From does not tell must not stand two lines below.
BOOST_AUTO_TEST_CASE(shy_hides_the_names_of_every_address_field) {
    for (const std::string name :
         {"From", "Sender", "Reply-To", "To", "Cc", "Resent-From", "Resent-Sender",
          "Resent-Reply-To", "Resent-To", "Resent-Cc", "Mail-Reply-To", "Mail-Followup-To",
          "Errors-To", "Disposition-Notification-To", "Return-Receipt-To",
          "X-Confirm-Reading-To"}) {
        BOOST_TEST_CONTEXT(name) {
            const auto field = name + ": \"Adler, Anna\" <anna@example.org> (the boss)\r\n";
            const auto made = protect_header(field, {shy, hidden}, "b");
            BOOST_TEST(made.outer == name + ": anna@example.org\r\n");
            BOOST_TEST(made.before.starts_with(field + "HP-Outer: " + made.outer));
            BOOST_TEST(protect_header(field, {baseline, hidden}, "b").outer == field);
        }
    }
    BOOST_TEST(
        protect_header(crlf("Resent-Date: Thu, 26 Nov 2026 08:00:00 +0100\n"), {shy, hidden}, "b")
            .outer == crlf("Resent-Date: Thu, 26 Nov 2026 07:00:00 +0000\n"));
}

// Whoever answers to all, in a program that does not look inside, has to reach all.
BOOST_AUTO_TEST_CASE(shy_leaves_no_recipient_out) {
    for (const auto* list : {"a.@x.example, d@x.example", "Anna <a@x.example>, \"Bob <b@y.example>",
                             "Anna <a@x.example>, Ops <ops>", "<a@x.example> Anna, b@y.example",
                             "postmaster, a@x.example", "a@x.example, <>"}) {
        const auto field = std::string("To: ") + list + "\r\n";
        BOOST_TEST(protect_header(field, {shy, hidden}, "b").outer == field);
    }
    const std::string read = "To: Team: Anna <a@x.example>,, b@y.example (Bob);, c@z.example\r\n";
    BOOST_TEST(protect_header(read, {shy, hidden}, "b").outer ==
               "To: a@x.example,\r\n b@y.example,\r\n c@z.example\r\n");
}

BOOST_AUTO_TEST_CASE(what_shy_cannot_read_stays) {
    const auto odd = crlf("From: nobody knows\nTo: undisclosed-recipients:;\nDate: yesterday\n");
    BOOST_TEST(protect_header(odd, {shy, hidden}, "b").outer == odd);
}

BOOST_AUTO_TEST_CASE(a_subject_may_be_shown_all_the_same) {
    const auto made = protect_header(letter, {baseline, subject_outside::shown}, "=_b");
    BOOST_TEST(made.outer.find("Subject: the figures\r\n of May\r\n") != std::string::npos);
    BOOST_TEST(made.before.find("HP-Outer: Subject: the figures\r\n of May\r\n") !=
               std::string::npos);
    BOOST_TEST(made.outer.find("Keywords") == std::string::npos);
}

// A field that is not there is not invented.
BOOST_AUTO_TEST_CASE(outside_stands_a_field_for_each_that_is_shown) {
    BOOST_TEST(protect_header(crlf("From: a@b.example\n"), {baseline, hidden}, "b").outer ==
               crlf("From: a@b.example\n"));
    BOOST_TEST(protect_header("", {shy, hidden}, "b").outer.empty());
    BOOST_TEST(protect_header(crlf("Subject: a\nsubject: b\n"), {baseline, hidden}, "b").outer ==
               crlf("Subject: [...]\n"));
}

BOOST_AUTO_TEST_CASE(what_is_noted_of_the_outside_is_ascii) {
    const auto made = protect_header("Subject: Gr\xc3\xbc\xc3\x9f"
                                     "e\r\nFrom: a@b.example\r\n",
                                     {baseline, subject_outside::shown}, "b");
    BOOST_TEST(made.before.find("HP-Outer: Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
