// SPDX-License-Identifier: Apache-2.0
#include "message/address_list.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal;

namespace {

// The mailboxes, separated by spaces.
std::string shown(std::string_view body) {
    std::vector<smtp::mailbox> found;
    message::read_address_list(body, found);
    std::string text;
    for (const auto& one : found) {
        text += (text.empty() ? "" : " ") + smtp::to_string(one);
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(address_list_test)

BOOST_AUTO_TEST_CASE(mailboxes_are_found_where_the_grammar_puts_them) {
    struct row {
        std::string_view body;
        std::string_view expected;
    };
    const row table[] = {
        {" anna@example.org", "anna@example.org"},
        {" Anna <anna@example.org>", "anna@example.org"},
        {" <anna@example.org>,\r\n\tben@example.org", "anna@example.org ben@example.org"},
        {" \"Muster, Anna\" <anna@example.org>, Ben <ben@example.org>",
         "anna@example.org ben@example.org"},
        {" anna@example.org (Anna (the <boss@example.org>, really))", "anna@example.org"},
        {" (hi) anna (x) @ (y) example . org", "anna@example.org"},
        {" =?utf-8?Q?M=C3=BCller=2C_B?= <ben@example.org>", "ben@example.org"},
        {" \"anna muster\"@example.org", "\"anna muster\"@example.org"},
        {" \"a\\\"b\"@example.org", "\"a\\\"b\"@example.org"},
        {" anna.\"muster\"@example.org", "anna.muster@example.org"},
        {" anna@[192.0.2.1]", "anna@[192.0.2.1]"},
        {" Anna.M. <anna@EXAMPLE.org>", "anna@EXAMPLE.org"},
        {" Bj\xC3\xB6rn <bjoern@example.org>", "bjoern@example.org"},
        // a display name that looks like an address is not one
        {" ben@example.net <anna@example.org>", "anna@example.org"},
        {" \"ben@example.net\" <anna@example.org>", "anna@example.org"},
        {" \"<ben@example.net>,\" <anna@example.org>", "anna@example.org"},
        {" anna@example.org (ben@example.net)", "anna@example.org"},
        // groups
        {" undisclosed-recipients:;", ""},
        {" Board: anna@example.org, Ben <ben@example.org>;, carl@example.org",
         "anna@example.org ben@example.org carl@example.org"},
        {" \"A: B\" <anna@example.org>", "anna@example.org"},
        // obsolete, or simply what programs write
        {" <@relay.example,@b.example:anna@example.org>", "anna@example.org"},
        {" <@a.example, @b.example : anna@example.org>", "anna@example.org"},
        {" , ,anna@example.org,,", "anna@example.org"},
        {" anna@example.org; ben@example.org", "anna@example.org ben@example.org"},
        {" Doe, John <john@example.org>", "john@example.org"},
        // no address, and the next one is found all the same
        {" root, anna@example.org", "anna@example.org"},
        {" anna@, ben@example.org", "ben@example.org"},
        {" @example.org, ben@example.org", "ben@example.org"},
        {" a..b@example.org, ben@example.org", "ben@example.org"},
        {" a@b@example.org, ben@example.org", "ben@example.org"},
        {" anna muster@example.org, ben@example.org", "ben@example.org"},
        {" anna@example.org ben@example.org, carl@example.org", "carl@example.org"},
        {" <anna@example.org, ben@example.org", "ben@example.org"},
        {" <anna@example.org> <eve@example.net>, ben@example.org", "ben@example.org"},
        {" <anna@example.org> junk, ben@example.org", "ben@example.org"},
        {" <anna@example>.org, ben@example.org", "ben@example.org"},
        {" anna@example.org>, ben@example.org", "ben@example.org"},
        {" <<anna@example.org>>, ben@example.org", "ben@example.org"},
        {" <@relay.example anna@example.org>, ben@example.org", "ben@example.org"},
        {" anna@[192.0.2.1, ben@example.org", ""},
        {" <>, ben@example.org", "ben@example.org"},
        {" anna@example.org (open, ben@example.org", ""},
        {" \"open, anna@example.org", ""},
        {" anna@example.org\\, ben@example.org", "ben@example.org"},
        {"", ""},
    };
    for (const auto& [body, expected] : table) {
        BOOST_TEST_CONTEXT(body) { BOOST_TEST(shown(body) == expected); }
    }
}

BOOST_AUTO_TEST_CASE(no_more_mailboxes_than_the_limit_are_kept) {
    std::string body;
    for (std::size_t i = 0; i < message::max_mailboxes + 10; ++i) {
        body += "a@example.org,";
    }
    std::vector<smtp::mailbox> found;
    message::read_address_list(body, found);
    BOOST_TEST(found.size() == message::max_mailboxes);
    message::read_address_list(body, found);
    BOOST_TEST(found.size() == message::max_mailboxes);
}

BOOST_AUTO_TEST_CASE(a_megabyte_of_anything_is_read_to_its_end) {
    const std::size_t size = 1'000'000;
    for (const char c : std::string_view("(<\"[@.,;:\\>)]a \n\0\xFF", 18)) {
        BOOST_TEST_CONTEXT("character " << static_cast<int>(c)) {
            BOOST_TEST(shown(std::string(size, c)) == "");
        }
    }
    std::string pattern;
    while (pattern.size() < size) {
        pattern += "<@a(\"";
    }
    BOOST_TEST(shown(pattern) == "");
    BOOST_TEST(shown("a" + std::string(size, ' ') + "@example.org") == "a@example.org");
    BOOST_TEST(shown(std::string(size, 'a') + "@example.org, b@example.org") == "b@example.org");
}

// Whoever leaves the rest of the field away leaves nobody out.
BOOST_AUTO_TEST_CASE(a_list_is_whole_where_nobody_was_passed_over) {
    const std::pair<const char*, bool> table[] = {
        {"a@x.example", true},
        {"Anna <a@x.example>, \"Bob @ work\" <b@y.example>", true},
        {"a@x.example <a@x.example>", true},
        {"friends: a@x.example, b@y.example;, c@z.example", true},
        {"undisclosed-recipients:;", true},
        {"a@x.example \"Bob\" <b@y.example>", false},
        {"a@x.example <b@y.example>", false},
        {"a@x.example: b@y.example", false},
        {"a@x.example,b@y.example:", false},
        {"Anna <a@x.example>, Bob <'b@y.example'>", false},
        {"Anna", false},
        {"Anna <a@x.example", false},
    };
    for (const auto& [body, whole] : table) {
        std::vector<smtp::mailbox> found;
        BOOST_TEST(message::read_address_list(body, found) == whole, body);
    }
}

BOOST_AUTO_TEST_SUITE_END()
