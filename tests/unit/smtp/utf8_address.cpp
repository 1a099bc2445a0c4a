// SPDX-License-Identifier: Apache-2.0
#include "smtp/utf8_address.hpp"

#include "smtp/octets.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal::smtp;

BOOST_AUTO_TEST_SUITE(utf8_address)

BOOST_AUTO_TEST_CASE(addresses_beyond_ascii_are_written_in_seven_bits) {
    struct {
        std::string_view address, text;
    } const table[] = {
        {"anna@example.org", "anna@example.org"},
        {"m\u00fcller@example.org", "m\\x{FC}ller@example.org"},
        {"a+b=c\\d e@b", "a\\x{2B}b\\x{3D}c\\x{5C}d\\x{20}e@b"},
        {"\u20ac\U0001f9ad@b", "\\x{20AC}\\x{1F9AD}@b"},
    };
    for (const auto& row : table) {
        BOOST_TEST(encode_utf8_address(row.address) == row.text);
        BOOST_TEST(decode_utf8_address(row.text).value_or("?") == row.address);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_utf8_comes_out_as_question_marks) {
    BOOST_TEST(encode_utf8_address("a\r\n\xff@b") == "a???@b");
    BOOST_TEST(encode_utf8_address("\xed\xa0\x80") == "???"); // a surrogate
}

BOOST_AUTO_TEST_CASE(code_points_are_read_from_their_octets) {
    BOOST_TEST(code_point("A") == 0x41u);
    BOOST_TEST(code_point("\u00fc") == 0xFCu);
    BOOST_TEST(code_point("\u20ac") == 0x20ACu);
    BOOST_TEST(code_point("\U0001f9ad") == 0x1F9ADu);
}

BOOST_AUTO_TEST_SUITE_END()
