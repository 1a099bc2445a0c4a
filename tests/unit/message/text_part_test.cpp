// SPDX-License-Identifier: Apache-2.0
#include "lines.hpp"
#include "message/field_writer.hpp"
#include "message/text_part.hpp"
#include "message/transfer_encoding.hpp"
#include "message/visible.hpp"

#include <random>

using namespace postseal::message;

BOOST_AUTO_TEST_SUITE(text_parts)

BOOST_AUTO_TEST_CASE(what_people_are_shown_is_what_stands_there) {
    using namespace std::string_view_literals;
    struct {
        std::string_view text, utf8, ascii;
    } const table[] = {
        {"", "", ""},
        {"550 no such user", "550 no such user", "550 no such user"},
        {"a\tb", "a b", "a b"},
        {"a\r\nBcc: b", "a??Bcc: b", "a??Bcc: b"},
        {"\x1b[2J\x7f\0"sv, "?[2J??", "?[2J??"},
        {"m\u00fcller", "m\u00fcller", "m?ller"},
        {"\xfcller", "?ller", "?ller"},
        {"\u0085", "??", "??"}, // C1: a line end for some
        {"a\u2028b\u202Ec\u2066d\u200Be\uFEFF\u061C", "a?b?c?d?e??", "a?b?c?d?e??"},
        {"\u20ac \U0001f9ad", "\u20ac \U0001f9ad", "? ?"},
    };
    for (const auto& row : table) {
        BOOST_TEST(visible(row.text) == row.utf8);
        BOOST_TEST(visible_ascii(row.text) == row.ascii);
    }
}

BOOST_AUTO_TEST_CASE(fields_are_folded_between_words) {
    BOOST_TEST(write_field("To", "<a@b>") == "To: <a@b>\r\n");
    BOOST_TEST(write_field("To", "") == "");
    BOOST_TEST(write_field("To", "   ") == "");
    BOOST_TEST(write_field("A", "  b   c ") == "A: b c\r\n");
    const std::string word(40, 'w');
    BOOST_TEST(write_field("Name", word + ' ' + word + " x") ==
               "Name: " + word + "\r\n " + word + " x\r\n");
    // A line of exactly 78 octets stays one.
    BOOST_TEST(write_field("A", std::string(73, 'w') + " x") ==
               "A: " + std::string(73, 'w') + " x\r\n");
    BOOST_TEST(write_field("A", std::string(74, 'w') + " x") ==
               "A: " + std::string(74, 'w') + "\r\n x\r\n");
}

BOOST_AUTO_TEST_CASE(word_that_no_line_holds_is_folded_within) {
    const auto lines = test::lines_of(write_field("Name", std::string(3000, 'w')));
    BOOST_TEST(lines.size() == 4u);
    std::string all;
    for (const auto& line : lines) {
        BOOST_TEST(line.size() <= 998u);
        all += line;
    }
    BOOST_TEST(std::ranges::count(all, 'w') == 3000);
}

BOOST_AUTO_TEST_CASE(text_is_encoded_only_where_seven_bits_cannot_carry_it) {
    const auto plain = [](std::string_view text) {
        return text_part("text/plain", text, "=_b").find("7bit") != std::string::npos;
    };
    BOOST_TEST(text_part("text/plain", "Hello\r\n", "=_b") ==
               "Content-Type: text/plain; charset=us-ascii\r\n"
               "Content-Transfer-Encoding: 7bit\r\n\r\nHello\r\n");
    BOOST_TEST(text_part("text/plain", "1 = \u00fc\r\n", "=_b") ==
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: quoted-printable\r\n\r\n1 =3D =C3=BC\r\n");
    BOOST_TEST(plain(""));
    BOOST_TEST(plain(std::string(998, 'x') + "\r\n"));
    BOOST_TEST(!plain(std::string(999, 'x') + "\r\n"));
    for (const auto text : {"a\rb\r\n", "a\nb\r\n", "\x7f\r\n", "--=_b--\r\n"})
        BOOST_TEST(!plain(text), text);
}

BOOST_AUTO_TEST_CASE(quoted_printable_keeps_its_lines_short_and_its_line_ends) {
    struct {
        std::string text, expected;
    } const table[] = {
        {"", ""},
        {"a b\r\n", "a b\r\n"},
        {"a \r\n", "a=20\r\n"},
        {" ", "=20"},
        {"a\rb\n\r\n", "a=0Db=0A\r\n"},
        {std::string(76, 'x') + "\r\n", std::string(76, 'x') + "\r\n"},
        {std::string(77, 'x') + "\r\n", std::string(75, 'x') + "=\r\nxx\r\n"},
        {std::string(73, 'x') + "\u00fc\r\n", std::string(73, 'x') + "=\r\n=C3=BC\r\n"},
    };
    for (const auto& row : table)
        BOOST_TEST(encode_quoted_printable(row.text) == row.expected);
}

BOOST_AUTO_TEST_CASE(quoted_printable_opens_to_what_was_written) {
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (auto left = random() % 400; left > 0; --left) {
            const auto kind = random() % 6;
            if (kind == 0) text += "\r\n";
            if (kind == 1) text += static_cast<char>(random());
            if (kind > 1) text += "ab =.-"[random() % 6];
        }
        text += "\r\n";
        const auto encoded = encode_quoted_printable(text);
        for (const auto& line : test::lines_of(encoded)) {
            BOOST_TEST(line.size() <= 76u);
            BOOST_TEST(!line.ends_with(' '));
        }
        const auto opened = decode(encoded, transfer_encoding::quoted_printable);
        BOOST_TEST(std::string(opened.octets()) == text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
