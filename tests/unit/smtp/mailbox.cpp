// SPDX-License-Identifier: Apache-2.0
#include "smtp/mailbox.hpp"

#include "smtp/octets.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace postseal::smtp;

BOOST_AUTO_TEST_SUITE(mailbox_of_the_envelope)

BOOST_AUTO_TEST_CASE(an_address_is_read_and_written_in_its_one_canonical_spelling) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"anna@example.org", "anna@example.org"},
        {"Anna.B+tag@Example.ORG", "Anna.B+tag@Example.ORG"},
        {"\"anna\"@example.org", "anna@example.org"},         // needless quotes
        {"\"an\\na\"@example.org", "anna@example.org"},       // needless escape
        {"\"a b\"@example.org", "\"a b\"@example.org"},       // needed quotes
        {"\"a\\\"b\"@example.org", "\"a\\\"b\"@example.org"}, // needed escape
        {"\"a\\\\b\"@example.org", "\"a\\\\b\"@example.org"},
        {"\".a\"@example.org", "\".a\"@example.org"},
        {"\"a>b\"@example.org", "\"a>b\"@example.org"},
        {"a@b", "a@b"},
        {"a_b@my_host.example", "a_b@my_host.example"},
        {"a@[192.0.2.1]", "a@[192.0.2.1]"},
        {"a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"},
        {"bounce+a=b@example.org", "bounce+a=b@example.org"},
        {"j\u00fcrgen@m\u00fcnchen.example", "j\u00fcrgen@m\u00fcnchen.example"},
        {"postmaster", "postmaster"},
        {"Postmaster", "Postmaster"},
    };
    for (const auto& [text, expected] : table) {
        const auto read = parse_mailbox(text);
        BOOST_REQUIRE_MESSAGE(read, text);
        BOOST_TEST(to_string(*read) == expected);
        BOOST_TEST((parse_mailbox(to_string(*read)) == read));
    }
}

BOOST_AUTO_TEST_CASE(an_address_about_which_there_is_any_doubt_is_refused) {
    const std::vector<std::string> table = {
        "",
        "@",
        "a",
        "a@",
        "@b",
        "anna",
        "@relay.example:anna@example.org", // source route
        "user%elsewhere@example.org",      // percent hack
        "elsewhere!user@example.org",      // UUCP path
        "\"user%elsewhere\"@example.org",  // the same in quotes: servers take them off
        "\"user@elsewhere\"@example.org",  //
        "a@b@c",
        "a b@example.org",
        "a,b@c",
        "(comment)a@b",
        "a@b(comment)",
        "<a@b>",
        "a@b ",
        " a@b",
        ".a@b",
        "a.@b",
        "a..b@c",
        "\"\"@b",
        "\"a@b",
        "\"a\"b@c",
        "\"a\\",
        "a\"b\"@c",
        "a@.b",
        "a@b.",
        "a@b..c",
        "a@-b",
        "a@b-",
        "a@b c",
        "a@b/c",
        "a@b;c",
        "a@[]",
        "a@[192.0.2]",
        "a@[192.0.2.256]",
        "a@[192.0.2.1.5]",
        "a@[1.2.3.4",
        "a@[tag:x]",
        "a@[IPv6:]",
        "a@[IPv6:xyz]",
        "a@[1..2.3]",
        "a@[1.2.3.]",
        "a\r\nb@c",
        "\"a\rb\"@c",
        "a@b\n",
        "\"a\tb\"@c",
        "a\x7f@b",
        std::string("a\0b@c", 5),
        std::string("\"a\0b\"@c", 7),
        "a\xff@b",
        "a@\xc0\xae",
        "a@b\u3002c",
        "a@b\uff0ec",
        "a\u0085b@c",
    };
    for (const auto& text : table)
        BOOST_TEST(!parse_mailbox(text), "accepted: " << text);
}

BOOST_AUTO_TEST_CASE(an_address_that_routes_is_known_as_one) {
    for (const std::string text : {"a%b@c", "b!a@c", "\"a@b\"@c"}) {
        BOOST_TEST(!parse_mailbox(text, routing_marks::refused));
        const auto read = parse_mailbox(text, routing_marks::allowed);
        BOOST_REQUIRE(read);
        BOOST_TEST(has_routing_marks(*read));
        BOOST_TEST(to_string(*read) == text);
    }
    BOOST_TEST(!has_routing_marks(*parse_mailbox("a+b=c@d")));
    for (const std::string text : {"a@b@c", "@a:b@c", "@a,@b:c@d", "a%b@", "a b%c@d"})
        BOOST_TEST(!parse_mailbox(text, routing_marks::allowed));
}

BOOST_AUTO_TEST_CASE(the_limits_of_rfc_5321_hold_to_the_octet) {
    const std::string local(max_local_part, 'l');
    const std::string label(63, 'd');
    BOOST_TEST(parse_mailbox(local + "@example.org").has_value());
    BOOST_TEST(!parse_mailbox(local + "l@example.org"));
    BOOST_TEST(parse_mailbox("a@" + label).has_value());
    BOOST_TEST(!parse_mailbox("a@" + label + "d"));
    const auto domain = label + '.' + label + '.' + label + '.' + std::string(60, 'd'); // 252
    BOOST_TEST(parse_mailbox("a@" + domain).has_value()); // 254, with brackets 256
    BOOST_TEST(!parse_mailbox("ab@" + domain));
    BOOST_TEST(!parse_mailbox("a@" + domain + "dddd"));
}

BOOST_AUTO_TEST_CASE(local_part_and_domain_are_kept_as_written) {
    const auto read = parse_mailbox("\"Anna B\"@Example.ORG");
    BOOST_REQUIRE(read);
    BOOST_TEST(read->local_part == "Anna B");
    BOOST_TEST(read->domain == "Example.ORG");
}

BOOST_AUTO_TEST_CASE(folding_lowers_ascii_letters_and_nothing_else) {
    BOOST_TEST(folded(*parse_mailbox("Anna@EXAMPLE.org")) == "anna@example.org");
    BOOST_TEST(folded(*parse_mailbox("\u00c4nna@example.org")) == "\u00c4nna@example.org");
    BOOST_TEST(folded(*parse_mailbox("\"Anna\"@example.org")) == "anna@example.org");
    BOOST_TEST(ascii_lower("AZ[`az\xc4") == "az[`az\xc4");
    BOOST_TEST(equal_ignoring_case("Size", "sIZE"));
    BOOST_TEST(!equal_ignoring_case("SIZE", "SIZE "));
    BOOST_TEST(!equal_ignoring_case("@", "`")); // 0x40 and 0x60 differ by the bit of case only
}

BOOST_AUTO_TEST_CASE(utf8_is_well_formed_and_printable_or_not_text) {
    for (const std::string text : {"", "a", "\u00e4", "\u20ac", "\U0001f600"})
        BOOST_TEST(is_printable_utf8(text));
    for (const std::string text :
         {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x28\xa1",
          "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f"})
        BOOST_TEST(!is_printable_utf8(text));
}

BOOST_AUTO_TEST_SUITE_END()
