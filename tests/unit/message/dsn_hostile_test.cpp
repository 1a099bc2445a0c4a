// SPDX-License-Identifier: Apache-2.0
// Whatever a notification is made of, its lines are lines, its fields are ours, and its parts are
// three. The same random texts in every run.
#include "message/dsn_parts.hpp"
#include "notices.hpp"

#include <random>
#include <set>

using namespace postseal::message;
using namespace test;

namespace {

using generator = std::mt19937; // its sequence is part of the standard; distributions are not

// Not even a mailbox: these tests do not trust that everything was parsed before.
std::string junk(generator& random, const std::string& boundary) {
    const std::string pieces[] = {"\r\n",
                                  "\n",
                                  "\r",
                                  "\r\n\r\n",
                                  "\r\n.\r\n",
                                  "Action: relayed",
                                  "Bcc: victim@example.com",
                                  "--" + boundary,
                                  "\r\n--" + boundary + "--\r\n",
                                  " ",
                                  "\t",
                                  "=",
                                  ";",
                                  "5.1.1 ",
                                  "+0D+0A",
                                  "\\x{0A}",
                                  "\u00fc",
                                  "\u2028",
                                  "\xff",
                                  std::string(1, '\0'),
                                  std::string(1200, 'w')};
    std::string text;
    for (auto left = random() % 12; left > 0; --left) {
        if (random() % 2 == 0) text += pieces[random() % std::size(pieces)];
        for (auto more = random() % 20; more > 0; --more)
            text += static_cast<char>(random() % 3 == 0 ? random() % 256 : 'a' + random() % 26);
    }
    return text;
}

dsn random_notice(generator& random) {
    auto made = notice({});
    const auto some = [&] { return junk(random, made.boundary); };
    made.from = {some(), some()};
    made.to = {some(), some()};
    made.reporting_host = some();
    made.message_id = some();
    made.mail_parameters = {{"ENVID", some()}};
    for (auto left = 1 + random() % 4; left > 0; --left) {
        recipient_report one;
        one.to = {{some(), some()}, {{"ORCPT", random() % 2 == 0 ? "utf-8;" + some() : some()}}};
        one.what = static_cast<delivery_event>(random() % 4);
        one.said.code = static_cast<int>(random() % 600);
        if (random() % 3 == 0) one.said.enhanced = some();
        for (auto lines = random() % 15; lines > 0; --lines)
            one.said.lines.push_back(some());
        one.said_by = some();
        if (random() % 2 == 0) one.last_attempt = random();
        if (random() % 2 == 0) one.retried_until = random();
        made.recipients.push_back(one);
    }
    const auto header = "Subject: " + some() + "\r\nTo: " + some() + "\r\n\r\n" + some();
    made.original_header = original_header(read_header_section(header), profile::standard);
    return made;
}

// Names of the fields from `line` to the next empty line.
std::vector<std::string> names(const std::vector<std::string>& lines, std::size_t& line) {
    std::vector<std::string> found;
    for (; line < lines.size() && !lines[line].empty(); ++line)
        if (!lines[line].starts_with(' '))
            found.push_back(lines[line].substr(0, lines[line].find(':')));
    ++line;
    return found;
}

const std::vector<std::string> header_names{"Date",         "From",        "To",
                                            "Subject",      "Message-ID",  "Auto-Submitted",
                                            "MIME-Version", "Content-Type"};

const std::set<std::string> status_names{"Original-Envelope-Id",
                                         "Reporting-MTA",
                                         "Arrival-Date",
                                         "Original-Recipient",
                                         "Final-Recipient",
                                         "Action",
                                         "Status",
                                         "Remote-MTA",
                                         "Diagnostic-Code",
                                         "Last-Attempt-Date",
                                         "Will-Retry-Until"};

} // namespace

BOOST_AUTO_TEST_SUITE(hostile_notifications)

BOOST_AUTO_TEST_CASE(no_text_from_outside_ends_a_line_or_starts_a_field_or_a_part) {
    generator random(20261125);
    for (int round = 0; round < 500; ++round) {
        const auto made = random_notice(random);
        const auto lines = lines_of(written(made));
        std::size_t delimiters = 0;
        for (const auto& line : lines) {
            BOOST_REQUIRE(line.size() <= 998u);
            BOOST_REQUIRE(line.find('\0') == line.npos);
            delimiters += line.starts_with("--" + made.boundary) ? 1U : 0U;
        }
        BOOST_REQUIRE(delimiters == 4u);
        std::size_t line = 0;
        BOOST_REQUIRE(names(lines, line) == header_names);
    }
}

BOOST_AUTO_TEST_CASE(status_fields_are_known_ones_in_ascii_and_a_group_for_each_recipient) {
    generator random(7);
    for (int round = 0; round < 500; ++round) {
        const auto made = random_notice(random);
        const auto text = delivery_status(made);
        BOOST_REQUIRE(std::ranges::all_of(
            text, [](char c) { return c == '\r' || c == '\n' || (c >= ' ' && c < 0x7f); }));
        const auto lines = lines_of(text);
        std::size_t groups = 0;
        std::size_t final_recipients = 0;
        for (std::size_t line = 0; line < lines.size(); ++groups) {
            for (const auto& name : names(lines, line)) {
                BOOST_REQUIRE_MESSAGE(status_names.contains(name), name);
                final_recipients += name == "Final-Recipient" ? 1U : 0U;
            }
        }
        BOOST_REQUIRE(groups == made.recipients.size() + 1);
        BOOST_REQUIRE(final_recipients == made.recipients.size());
    }
}

BOOST_AUTO_TEST_CASE(servers_words_always_stand_behind_their_mark) {
    generator random(11);
    for (int round = 0; round < 100; ++round) {
        auto one = report("a@b", delivery_event::refused, heard(550, {}));
        const auto silent = lines_of(words_for_a_person(notice({one}))).size();
        for (auto count = 1 + random() % 15; count > 0; --count)
            one.said.lines.push_back(junk(random, "=_b"));
        const auto lines = lines_of(words_for_a_person(notice({one})));
        const auto marked = static_cast<std::size_t>(std::ranges::count_if(
            lines, [](const std::string& line) { return line.starts_with("    | "); }));
        BOOST_TEST(marked > 0u);
        BOOST_TEST(lines.size() == silent + marked);
    }
}

BOOST_AUTO_TEST_SUITE_END()
