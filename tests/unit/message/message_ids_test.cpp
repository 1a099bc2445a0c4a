// SPDX-License-Identifier: Apache-2.0
#include "message/message_ids.hpp"

#include "message/clean.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::message;

namespace {

// Two readable letters of each octet, so that a test shows what was hashed: no secret here.
std::string shown_hash(std::string_view text) {
    std::string made = "....................";
    for (std::size_t i = 0; i < text.size(); ++i)
        made[i % made.size()] = static_cast<char>(made[i % made.size()] * 31 + text[i]);
    return made;
}

const id_disguise by{shown_hash, {"*.example.org", "pc17", "[10.*]"}, "example.org"};

std::string id(std::string_view hashed) {
    return to_letters(shown_hash("message-id " + std::string(hashed)), 26) + "@example.org";
}

std::string disguised_text(const std::string& text) {
    const auto section = read_header_section(text);
    BOOST_REQUIRE_EQUAL(section.fields.size(), 1U);
    return disguised(section.fields.front(), by).value_or("(as it was)");
}

} // namespace

BOOST_AUTO_TEST_SUITE(message_ids)

BOOST_AUTO_TEST_CASE(what_names_an_internal_host_is_a_hash_at_the_public_domain) {
    const auto made = disguised_text("Message-ID: <20261123.4711@pc9.corp.example.org>\r\n");
    BOOST_TEST(made == "Message-ID: <" + id("20261123.4711@pc9.corp.example.org") + ">\r\n");
    BOOST_TEST(made.find("pc9") == std::string::npos);
    BOOST_TEST(made.find("4711") == std::string::npos);
    BOOST_TEST(id("a").size() == 26U + 12U);
}

BOOST_AUTO_TEST_CASE(the_same_identifier_is_the_same_one_in_every_field) {
    const std::string inner = "<a.1@PC17>";
    const auto hashed = "<" + id("a.1@PC17") + ">";
    BOOST_TEST(disguised_text("message-id:" + inner + "\r\n") == "message-id:" + hashed + "\r\n");
    BOOST_TEST(disguised_text("In-Reply-To: " + inner + "\r\n") ==
               "In-Reply-To: " + hashed + "\r\n");
    BOOST_TEST(
        disguised_text("References: <x@b.example>\r\n " + inner + "\r\n\t<y@b.example>\r\n") ==
        "References: <x@b.example>\r\n " + hashed + "\r\n\t<y@b.example>\r\n");
}

BOOST_AUTO_TEST_CASE(what_other_people_named_stays_and_so_does_what_is_public) {
    for (const std::string id :
         {"<1@b.example>", "<1@example.org>", "<1@notexample.org>", "<1@pc17.example>", "<pc17>",
          "<>", "<@>", "<", "<<", "", "1@b.example", "(pc9.example.org)", "<a@[192.0.2.1]>",
          "<pc9.example.org@b.example>"})
        BOOST_TEST(disguised_text("References: " + id + "\r\n") == "(as it was)", id);
}

BOOST_AUTO_TEST_CASE(identifiers_are_found_as_programs_write_them) {
    struct {
        std::string written, made;
    } const table[] = {
        {"a@pc17", id("a@pc17")}, // without brackets
        {"<a@pc17><b@pc17>", "<" + id("a@pc17") + "><" + id("b@pc17") + ">"},
        {"<a@[10.0.0.7]>", "<" + id("a@[10.0.0.7]") + ">"},
        {"<a\r\n b@pc17>", "<" + id("ab@pc17") + ">"}, // folded inside
        {"<a@b.example@pc17>", "<" + id("a@b.example@pc17") + ">"},
        {"<<a@pc17>", "<<" + id("a@pc17") + ">"},
        {"<a@pc17", "<" + id("a@pc17")},
        {"Your message of Monday <a@pc17>", "Your message of Monday <" + id("a@pc17") + ">"},
        {"<a@pc17> (Anna's message of Monday)",
         "<" + id("a@pc17") + "> (Anna's message of Monday)"},
        {"<a@pc17>,<b@b.example>", "<" + id("a@pc17") + ">,<b@b.example>"},
    };
    for (const auto& row : table)
        BOOST_TEST(disguised_text("In-Reply-To: " + row.written + "\r\n") ==
                   "In-Reply-To: " + row.made + "\r\n");
}

BOOST_AUTO_TEST_CASE(a_disguised_identifier_is_not_disguised_again) {
    const auto once = disguised_text("Message-ID: <a@pc17>\r\n");
    BOOST_TEST(disguised_text(once) == "(as it was)");
}

BOOST_AUTO_TEST_CASE(who_cites_without_end_costs_no_more_than_the_limit) {
    std::size_t hashed = 0;
    const id_disguise counting{[&](std::string_view text) {
                                   ++hashed;
                                   return shown_hash(text);
                               },
                               by.hosts, by.domain};
    std::string text = "References: <first@b.example>";
    for (int i = 0; i < 20'000; ++i)
        text += "\r\n <" + std::to_string(i) + "@pc17>";
    text += "\r\n";
    const auto section = read_header_section(text);
    const auto made = disguised(section.fields.front(), counting);
    BOOST_TEST(hashed == max_disguised);
    BOOST_REQUIRE(made);
    BOOST_TEST(made->find("pc17") == std::string::npos);
    const auto again = read_header_section(*made);
    BOOST_REQUIRE_EQUAL(again.fields.size(), 1U);
    BOOST_TEST(!again.doubtful);
    BOOST_TEST(made->ends_with(">\r\n"));
}

BOOST_AUTO_TEST_CASE(cleaning_disguises_only_where_it_is_told_to) {
    const std::string header = "Message-ID: <a@pc17>\r\nResent-Message-ID: <r@pc17>\r\n"
                               "References: <x@b.example> <z@pc17>\r\nX-Ticket: <a@pc17>\r\n";
    const auto section = read_header_section(header);
    cleaning how;
    BOOST_TEST(clean_header(section, how, content::kept, by).bytes == header);
    how.message_id = id_form::hmac;
    const auto hidden = "Message-ID: <" + id("a@pc17") + ">\r\nResent-Message-ID: <" +
                        id("r@pc17") + ">\r\nReferences: <x@b.example> <" + id("z@pc17") +
                        ">\r\nX-Ticket: <a@pc17>\r\n";
    for (const auto body : {content::kept, content::rewritten}) {
        const auto made = clean_header(section, how, body, by);
        BOOST_TEST(made.bytes == hidden);
        BOOST_TEST(made.changes.size() == 3U);
    }
    how.fields = profile::off;
    BOOST_TEST(clean_header(section, how, content::kept, by).bytes == header);
}

BOOST_AUTO_TEST_SUITE_END()
