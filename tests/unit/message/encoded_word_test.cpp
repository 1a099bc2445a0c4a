// SPDX-License-Identifier: Apache-2.0
#include "message/encoded_word.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::message;

BOOST_AUTO_TEST_SUITE(encoded_words)

BOOST_AUTO_TEST_CASE(words_are_decoded_where_they_are_clearly_ones) {
    struct {
        std::string_view written, expected;
    } const table[] = {
        {"plain", "plain"},
        {"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"},
        {"=?UTF-8?b?R3LDvMOfZQ==?=", "Grüße"},
        {"=?iso-8859-1?q?Gr=FC=DFe_an_alle?=", "Grüße an alle"},
        {"=?Windows-1252?Q?=80_5?=", "€ 5"},
        {"=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"}, // RFC 2231 §5
        {"[seal] =?utf-8?Q?=C3=BC?= x", "[seal] ü x"},
        // White space between two of them is for folding.
        {"=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"},
        {"=?utf-8?Q?a?= \t =?utf-8?Q?b?= c", "ab c"},
        {"=?utf-8?Q?a?= b", "a b"},
        {"=?utf-8?Q?a?= ", "a "},
        {"=?koi8-r?Q?=C1=5Bseal=5D?=", "?[seal]"},
        // What is not known beside ASCII is a mark, and ASCII is read in every character set.
        {"=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=", "??????"},
        {"=?iso-2022-jp?B?W3NlYWxdIBskQkZ8S1wbKEI=?=", "[seal] ????"},
        {"=?iso-2022-jp?B?GyRCRnxLXBsoQltzZWFsXQ==?=", "????[seal]"},
        {"=?iso-2022-jp?Q?=1B?=", ""},
        {"=?iso-2022-jp?Q?=1B$B[seal]=1B(B?=", "??????"},
        {"=?iso-2022-kr?Q?=0E[seal]=0F[seal]?=", "??????[seal]"},
        {"=?gb2312?Q?=C4=E3[seal]?=", "??[seal]"},
        {"=?shift_jis?Q?=93=FA[seal]?=", "??[seal]"},
        {"=?latin1?Q?=E4?=", "ä"},
        {"=?cp1252?Q?=80?=", "€"},
        {"=?x-unknown?Q?[seal]?=", "[seal]"},
        {"=?utf-16be?Q?=00[?=", "=?utf-16be?Q?=00[?="},
        {"=?utf-7?Q?+AFs-?=", "=?utf-7?Q?+AFs-?="},
        // Against the rules, and yet read so by everybody.
        {"=?utf-8?Q?=5Bseal=5D with a blank?=", "[seal] with a blank"},
        // Not clearly ones.
        {"=?utf-8?X?a?=", "=?utf-8?X?a?="},
        {"=?utf-8?Q?a\r\n b?=", "=?utf-8?Q?a\r\n b?="},
        {"=?utf-8?Q?a?b?=", "=?utf-8?Q?a?b?="},
        {"=?utf-8?Q?a=4?=", "=?utf-8?Q?a=4?="},
        {"=?utf-8?Q?a=4", "=?utf-8?Q?a=4"},
        {"=?utf-8?b?R3L?=", "=?utf-8?b?R3L?="},
        {"=?", "=?"},
        {"=?utf-8?", "=?utf-8?"},
        {"=?utf-8?Q?", "=?utf-8?Q?"},
        {"=?=?utf-8?Q?a?=", "=?a"},
    };
    for (const auto& row : table)
        BOOST_TEST(decode_words(row.written) == row.expected, row.written);
}

// Each beginning looked for an end through all that follows: a megabyte took minutes. That this
// test ends at all is what it is for.
BOOST_AUTO_TEST_CASE(a_field_of_nothing_but_beginnings_is_read_once) {
    for (const auto* piece : {"=?a?Q?x", "=?a?Q?x=", "=?", "=?a?Q?", "=?a?B?eA", "=?a?Q?x ?"}) {
        std::string text;
        while (text.size() < (1U << 20))
            text += piece;
        BOOST_TEST(decode_words(text).size() <= text.size());
        const auto same = [](std::string_view octets) { return std::string(octets); };
        BOOST_TEST(rewrite_words(text, same) == text);
    }
}

BOOST_AUTO_TEST_CASE(what_is_ascii_stays_and_all_else_is_encoded_and_comes_back) {
    BOOST_TEST(encode_words("Hello, [world] =?") == "Hello, [world] =?");
    BOOST_TEST(encode_words("Grüße") == "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=");
    BOOST_TEST(encode_words("a\xff") == "=?utf-8?Q?a=3F?=");
    std::string longer;
    for (int i = 0; i < 60; ++i)
        longer += i % 3 == 0 ? "日本 " : "grün und ";
    const auto written = encode_words(longer);
    BOOST_TEST(decode_words(written) == longer);
    std::size_t begin = 0;
    for (auto end = written.find("\r\n "); begin < written.size();
         end = written.find("\r\n ", begin)) {
        const auto line = written.substr(begin, end - begin);
        BOOST_TEST(line.size() <= 75U);
        BOOST_TEST(line.starts_with("=?utf-8?Q?"));
        BOOST_TEST(line.ends_with("?="));
        if (end == std::string::npos) break;
        begin = end + 3;
    }
}

BOOST_AUTO_TEST_SUITE_END()
