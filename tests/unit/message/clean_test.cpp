// SPDX-License-Identifier: Apache-2.0
#include "message/clean.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>

using namespace postseal::message;

namespace {

const profile every_profile[] = {profile::off, profile::standard, profile::strict};

// What Thunderbird and a first hop write, and some more.
constexpr std::string_view header_of_a_program =
    "Return-Path: <anna@example.org>\r\n"
    "Received: from [192.168.7.3] (laptop [192.168.7.3])\r\n"
    "\tby mail.example.org with ESMTPSA id 1\r\n"
    "\tfor <rolf@example.com>; Mon, 23 Nov 2026 12:00:07 +0100\r\n"
    "Message-ID: <1@example.org>\r\n"
    "Date: Mon, 23 Nov 2026 12:00:07 +0100\r\n"
    "MIME-Version: 1.0 (Mac OS X Mail 16.0)\r\n"
    "USER-AGENT: Mozilla Thunderbird\r\n"
    "Content-Language: de-CH\r\n"
    "To: Rolf\r\n"
    "  <rolf@example.com>\r\n"
    "From:Anna <anna@example.org>\r\n"
    "subject : harbour\r\n"
    "Bcc: secret@example.net\r\n"
    "X-Ticket: 7\r\n"
    "Disposition-Notification-To: anna@example.org\r\n"
    "DKIM-Signature: v=1; h=from\r\n"
    "Content-Type: text/plain\r\n"
    "Lines: 3\r\n";

cleaned_header cleaned(std::string_view header, profile chosen, content body = content::kept) {
    return clean_header(read_header_section(header), chosen, body);
}

std::string names(const std::vector<header_change>& changes) {
    std::string joined;
    for (const auto& one : changes) {
        joined += one.action == field_action::normalise ? "~" : "-";
        joined += one.name + " ";
    }
    return joined;
}

std::string_view word(field_action action) {
    switch (action) {
    case field_action::keep: return "keep";
    case field_action::remove: return "remove";
    case field_action::normalise: return "normalise";
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(clean)

BOOST_AUTO_TEST_CASE(off_changes_nothing_while_the_body_stays) {
    const auto result = cleaned(header_of_a_program, profile::off);
    BOOST_TEST(result.bytes == header_of_a_program);
    BOOST_TEST(result.changes.empty());
}

BOOST_AUTO_TEST_CASE(standard_removes_what_identifies_and_keeps_the_bytes_of_the_rest) {
    const auto result = cleaned(header_of_a_program, profile::standard);
    BOOST_TEST(result.bytes == "Message-ID: <1@example.org>\r\n"
                               "Date: Mon, 23 Nov 2026 12:00:07 +0100\r\n"
                               "MIME-Version: 1.0\r\n"
                               "To: Rolf\r\n"
                               "  <rolf@example.com>\r\n"
                               "From:Anna <anna@example.org>\r\n"
                               "subject : harbour\r\n"
                               "X-Ticket: 7\r\n"
                               "Disposition-Notification-To: anna@example.org\r\n"
                               "DKIM-Signature: v=1; h=from\r\n"
                               "Content-Type: text/plain\r\n"
                               "Lines: 3\r\n");
    BOOST_TEST(names(result.changes) ==
               "-Return-Path -Received ~MIME-Version -USER-AGENT -Content-Language -Bcc ");
}

BOOST_AUTO_TEST_CASE(strict_also_removes_strangers_and_receipts_and_levels_the_date) {
    const auto result = cleaned(header_of_a_program, profile::strict);
    BOOST_TEST(result.bytes == "Message-ID: <1@example.org>\r\n"
                               "Date: Mon, 23 Nov 2026 11:00:00 +0000\r\n"
                               "MIME-Version: 1.0\r\n"
                               "To: Rolf\r\n"
                               "  <rolf@example.com>\r\n"
                               "From:Anna <anna@example.org>\r\n"
                               "subject : harbour\r\n"
                               "DKIM-Signature: v=1; h=from\r\n"
                               "Content-Type: text/plain\r\n"
                               "Lines: 3\r\n");
}

BOOST_AUTO_TEST_CASE(a_sealed_message_keeps_nothing_about_its_old_body_outside) {
    for (const auto chosen : every_profile) {
        const auto result = cleaned("From shell\r\n" + std::string(header_of_a_program) +
                                        "ARC-Seal: i=1\r\nDomainKey-Signature: a\r\n"
                                        "Content-MD5: x\r\nContent-Length: 3\r\n"
                                        "Resent-Bcc: secret@example.net\r\n"
                                        "Apparently-To: secret@example.net\r\n"
                                        "Delivered-To: secret@example.net\r\n"
                                        "X-Original-To: secret@example.net\r\n"
                                        "Original-Recipient: rfc822;secret@example.net\r\n"
                                        "X-Rcpt-To: secret@example.net\r\n"
                                        "X-MDRcpt-To: secret@example.net\r\n"
                                        "X-Forwarded-To: secret@example.net\r\n"
                                        "X-Forwarded-For: secret@example.net\r\n"
                                        "X-Delivered-To: secret@example.net\r\n"
                                        "X-Apparently-To: secret@example.net\r\n"
                                        "Envelope-To: secret@example.net\r\n"
                                        "X-Envelope-To: secret@example.net\r\n",
                                    chosen, content::rewritten);
        for (const auto gone : {"From shell", "MIME-Version", "Content-", "DKIM", "ARC",
                                "DomainKey", "Lines", "Bcc", "secret"}) {
            BOOST_TEST_CONTEXT(gone) { BOOST_TEST(result.bytes.find(gone) == std::string::npos); }
        }
        BOOST_TEST(result.bytes.find("subject : harbour\r\n") != std::string::npos);
    }
    // With `off`, that is all.
    const auto result = cleaned(header_of_a_program, profile::off, content::rewritten);
    BOOST_TEST(names(result.changes) == "-Bcc -DKIM-Signature -Lines ");
    BOOST_TEST(result.bytes.find("USER-AGENT") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(fields_that_mail_needs_are_never_touched) {
    for (const auto name : {"From",
                            "to",
                            "CC",
                            "Subject",
                            "Message-ID",
                            "In-Reply-To",
                            "References",
                            "Sender",
                            "List-Id",
                            "List-Unsubscribe-Post",
                            "Archived-At",
                            "Auto-Submitted",
                            "Precedence",
                            "X-Auto-Response-Suppress",
                            "Feedback-ID",
                            "TLS-Required",
                            "Require-Recipient-Valid-Since",
                            "Resent-To",
                            "X-LoopCount",
                            "X-OTRS-Loop",
                            "X-RT-Loop-Prevention",
                            "X-hMailServer-LoopCount",
                            "Autocrypt",
                            "X-Priority",
                            "Content-Type",
                            "Content-Transfer-Encoding",
                            "Autocrypt-Setup-Message",
                            "Secure-Join"}) {
        for (const auto chosen : every_profile) {
            BOOST_TEST_CONTEXT(name) { BOOST_TEST(word(action_for(name, chosen)) == "keep"); }
        }
    }
}

BOOST_AUTO_TEST_CASE(identifying_fields_go_in_both_profiles) {
    for (const auto name : {"user-agent",
                            "X-Mailer",
                            "X-MimeOLE",
                            "X-Mozilla-Draft-Info",
                            "X-Identity-Key",
                            "X-Apple-Auto-Saved",
                            "X-Universally-Unique-Identifier",
                            "X-Originating-IP",
                            "X-Forwarded-For",
                            "X-PHP-Originating-Script",
                            "X-PHP-Script",
                            "X-Source-Args",
                            "X-Source",
                            "X-AntiAbuse",
                            "X-MS-Exchange-CrossTenant-Id",
                            "X-MS-Has-Attach",
                            "X-OriginatorOrg",
                            "msip_labels",
                            "Thread-Index",
                            "Thread-Topic",
                            "X-Google-Original-From",
                            "X-Gm-Message-State",
                            "X-Received",
                            "Received",
                            "Received-SPF",
                            "Authentication-Results",
                            "Delivered-To",
                            "X-Envelope-To",
                            "Accept-Language",
                            "Content-Language",
                            "Organization",
                            "X-Face",
                            "X-PGP-Key",
                            "X-Spam-Status",
                            "X-Virus-Scanned",
                            "Bcc",
                            "Resent-Bcc"}) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(word(action_for(name, profile::standard)) == "remove");
            BOOST_TEST(word(action_for(name, profile::strict)) == "remove");
        }
    }
}

BOOST_AUTO_TEST_CASE(patterns_without_a_star_match_whole_names) {
    BOOST_TEST(word(action_for("Received-By-Anna", profile::standard)) == "keep");
    BOOST_TEST(word(action_for("Bccx", profile::strict)) == "keep");
    BOOST_TEST(word(action_for("X-Anything", profile::standard)) == "keep");
    BOOST_TEST(word(action_for("X-Anything", profile::strict)) == "remove");
    BOOST_TEST(word(action_for("X-", profile::strict)) == "remove");
    BOOST_TEST(word(action_for("X", profile::strict)) == "keep");
}

BOOST_AUTO_TEST_CASE(a_date_that_cannot_be_read_stays) {
    const auto result = cleaned("Date: yesterday\r\n", profile::strict);
    BOOST_TEST(result.bytes == "Date: yesterday\r\n");
    BOOST_TEST(result.changes.empty());
}

BOOST_AUTO_TEST_CASE(a_date_before_the_epoch_is_floored_too) {
    const auto result = cleaned("Date: 31 Dec 1969 23:59:59 +0000\r\n", profile::strict);
    BOOST_TEST(result.bytes == "Date: Wed, 31 Dec 1969 23:59:00 +0000\r\n");
}

BOOST_AUTO_TEST_CASE(what_is_normal_already_is_no_change) {
    const std::string_view header =
        "MIME-Version: 1.0\r\nDate: Mon, 23 Nov 2026 11:00:00 +0000\r\n";
    const auto result = cleaned(header, profile::strict);
    BOOST_TEST(result.bytes == header);
    BOOST_TEST(result.changes.empty());
}

BOOST_AUTO_TEST_CASE(a_normalised_field_stands_once) {
    const auto result =
        cleaned("MIME-Version: 1.0\r\nTo: a\r\nMime-Version: 1.0 (1.0)\r\n", profile::standard);
    BOOST_TEST(result.bytes == "MIME-Version: 1.0\r\nTo: a\r\n");
    BOOST_TEST(names(result.changes) == "-Mime-Version ");
}

BOOST_AUTO_TEST_CASE(a_second_date_goes_even_where_the_first_stays_as_it_is) {
    const auto* const two = "Date: Mon, 23 Nov 2026 12:00:07 +0100\r\nTo: a\r\nDATE: yesterday\r\n";
    BOOST_TEST(cleaned(two, profile::standard).bytes ==
               "Date: Mon, 23 Nov 2026 12:00:07 +0100\r\nTo: a\r\n");
    BOOST_TEST(cleaned(two, profile::off).bytes == two);
}

BOOST_AUTO_TEST_CASE(strict_levels_the_date_of_each_time_that_a_message_was_resent) {
    const auto result = cleaned("Resent-Date: Tue, 24 Nov 2026 12:00:07 +0100\r\n"
                                "RESENT-DATE: Mon, 23 Nov 2026 12:00:07 +0100\r\n",
                                profile::strict);
    BOOST_TEST(result.bytes == "Resent-Date: Tue, 24 Nov 2026 11:00:00 +0000\r\n"
                               "Resent-Date: Mon, 23 Nov 2026 11:00:00 +0000\r\n");
}

BOOST_AUTO_TEST_CASE(a_rule_can_say_how_dates_are_written_whatever_the_profile) {
    const std::string local = "Date: Mon, 23 Nov 2026 12:00:07 +0100\r\n";
    const std::string utc = "Date: Mon, 23 Nov 2026 11:00:07 +0000\r\n";
    const std::string minute = "Date: Mon, 23 Nov 2026 11:00:00 +0000\r\n";
    struct {
        profile chosen;
        date_form form;
        std::string expected;
    } const table[] = {
        {profile::off, date_form::minute, local},
        {profile::standard, date_form::by_profile, local},
        {profile::standard, date_form::keep, local},
        {profile::standard, date_form::utc, utc},
        {profile::standard, date_form::minute, minute},
        {profile::strict, date_form::by_profile, minute},
        {profile::strict, date_form::keep, local},
        {profile::strict, date_form::utc, utc},
        {profile::strict, date_form::minute, minute},
    };
    for (const auto& row : table) {
        cleaning how = row.chosen;
        how.date = row.form;
        BOOST_TEST_CONTEXT(to_string(how)) {
            for (const std::string name : {"", "Resent-"})
                BOOST_TEST(
                    clean_header(read_header_section(name + local), how, content::kept).bytes ==
                    name + row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_header_that_ends_amid_a_line_gets_its_line_end) {
    BOOST_TEST(cleaned("To: a\r\nSubject: b", profile::standard).bytes ==
               "To: a\r\nSubject: b\r\n");
    BOOST_TEST(cleaned("", profile::standard).bytes == "");
}

BOOST_AUTO_TEST_CASE(no_row_hides_a_later_one) {
    const auto& rows = catalogue();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto name = std::string(rows[i].pattern);
        if (name.ends_with('*')) name.back() = '-';
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(word(action_for(name, profile::standard)) == word(rows[i].standard));
            BOOST_TEST(word(action_for(name, profile::strict)) == word(rows[i].strict));
        }
        BOOST_TEST(!rows[i].reason.empty());
    }
}

BOOST_AUTO_TEST_CASE(the_document_shows_the_catalogue) {
    std::string expected;
    for (const auto& part : catalogue_parts()) {
        expected.append("### ").append(part.heading).append("\n");
        expected += "| Field | standard | strict | Reason |\n|---|---|---|---|\n";
        for (const auto& row : part.rows) {
            const auto name =
                row.pattern.empty() ? "(mbox line)" : "`" + std::string(row.pattern) + "`";
            expected += "| " + name + " | ";
            expected.append(word(row.standard)).append(" | ").append(word(row.strict));
            expected.append(" | ").append(row.reason).append(" |\n");
        }
    }
    std::ifstream document(POSTSEAL_TEST_DATA "/../../docs/headers.md");
    BOOST_REQUIRE(document);
    std::string shown;
    bool in_catalogue = false;
    for (std::string line; std::getline(document, line);) {
        if (line.starts_with("## ")) in_catalogue = line == "## The catalogue";
        const bool told = line.starts_with("#") || line.starts_with("|");
        if (in_catalogue && told && !line.starts_with("## ")) shown += line + "\n";
    }
    BOOST_TEST(shown == expected);
}

BOOST_AUTO_TEST_CASE(our_received_field_names_neither_client_nor_recipient) {
    const received_line line{
        .by = "relay.example.org", .with = "ESMTP", .token = "k3x", .time = 1795431600};
    const auto field = to_field(line);
    BOOST_TEST(field == "Received: by relay.example.org\r\n"
                        " with ESMTP id k3x;\r\n"
                        " Mon, 23 Nov 2026 11:00:00 +0000\r\n");
    const auto section = read_header_section(field);
    BOOST_REQUIRE(section.fields.size() == 1u);
    BOOST_TEST(unfolded(section.fields[0]) ==
               "by relay.example.org with ESMTP id k3x; Mon, 23 Nov 2026 11:00:00 +0000");
}

BOOST_AUTO_TEST_SUITE_END()
