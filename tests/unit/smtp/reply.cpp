// SPDX-License-Identifier: Apache-2.0
#include "smtp/reply.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace postseal::smtp;

namespace {

using state = reply_reader::state;

state read_all(reply_reader& reader, const std::vector<std::string>& lines) {
    auto reached = state::more;
    for (const auto& line : lines)
        reached = reader.on_line(line);
    return reached;
}

} // namespace

BOOST_AUTO_TEST_SUITE(replies)

BOOST_AUTO_TEST_CASE(every_line_carries_code_and_enhanced_code) {
    const reply answer{550, "5.7.1", {"No.", "Really."}};
    BOOST_TEST(to_wire(answer) == "550-5.7.1 No.\r\n550 5.7.1 Really.\r\n");
}

BOOST_AUTO_TEST_CASE(enhanced_codes_are_for_clients_that_were_offered_them) {
    const auto answer = make_reply(250, "2.0.0", "Ok");
    BOOST_TEST(to_wire(answer, status_codes::enhanced) == "250 2.0.0 Ok\r\n");
    BOOST_TEST(to_wire(answer, status_codes::plain) == "250 Ok\r\n");
    BOOST_TEST(to_wire(make_reply(220, {}, "here")) == "220 here\r\n");
}

BOOST_AUTO_TEST_CASE(nothing_that_a_next_hop_says_ends_a_line_early) {
    const auto answer = make_reply(550, {}, std::string("a\r\n250 b\tc\0\x7f", 12));
    BOOST_TEST(to_wire(answer) == "550 a??250 b\tc??\r\n");
    BOOST_TEST(to_log(answer) == "550 a??250 b\tc??");
}

BOOST_AUTO_TEST_CASE(nothing_that_a_next_hop_says_commands_a_terminal) {
    struct row {
        std::string said;
        std::string heard;
    };
    const row table[] = {
        {"\x1b[2J", "?[2J"},
        {"\x9b"
         "2J",
         "?2J"}, // the same in eight bits
        {"\xc2\x9b"
         "2J",
         "??2J"},                               // and in UTF-8
        {"\xc2\x85 next line", "?? next line"}, //
        {"Gr\xc3\xb6\xc3\x9f"
         "e",
         "Gr\xc3\xb6\xc3\x9f"
         "e"}, // RFC 6531 §3.7.4.2
        {"Gr\xf6\xdf"
         "e",
         "Gr??e"},               // Latin-1 is not UTF-8
        {"\xc0\x8a", "??"},      // a line feed in an overlong form
        {"\xed\xa0\x80", "???"}, // half a surrogate
        {"\xe2\x82", "??"},      // cut off
        {"\xf0\x9f\x94\x92 sealed", "\xf0\x9f\x94\x92 sealed"},
    };
    for (const auto& [said, heard] : table) {
        BOOST_TEST(to_wire(make_reply(550, {}, said)) == "550 " + heard + "\r\n");
        BOOST_TEST(to_log(make_reply(550, {}, said)) == "550 " + heard);
    }
    // Every octet: the line ends where it should and nowhere else.
    for (int octet = 0; octet < 256; ++octet) {
        const auto wire = to_wire(make_reply(550, {}, std::string(3, static_cast<char>(octet))));
        BOOST_TEST(wire.find_first_of("\r\n") == 7U);
        BOOST_TEST(wire.size() == 9U);
    }
}

BOOST_AUTO_TEST_CASE(a_reply_without_lines_is_still_one_line) {
    BOOST_TEST(to_wire(reply{250, {}, {}}) == "250 \r\n");
}

BOOST_AUTO_TEST_CASE(a_log_line_joins_the_lines) {
    BOOST_TEST(to_log(reply{450, "4.2.0", {"one", "two"}}) == "450 4.2.0 one / two");
}

BOOST_AUTO_TEST_CASE(a_log_line_has_an_end) {
    const std::string most(max_logged - 4, 'x');
    BOOST_TEST(to_log(make_reply(550, {}, most)) == "550 " + most);
    BOOST_TEST(to_log(make_reply(550, {}, most + 'x')) == "550 " + most + "...");
    const reply endless{550, {}, std::vector<std::string>(128, std::string(2000, '\n'))};
    BOOST_TEST(to_log(endless).size() == max_logged + 3);
    BOOST_TEST(to_log(endless).find('\n') == std::string::npos);
    const reply many{550, {}, std::vector<std::string>(600)};
    BOOST_TEST(to_log(many).size() <= max_logged + 6);
}

BOOST_AUTO_TEST_CASE(the_first_digit_says_how_it_went) {
    BOOST_TEST(make_reply(250, {}, "").positive());
    BOOST_TEST(make_reply(354, {}, "").intermediate());
    BOOST_TEST(make_reply(451, {}, "").transient_failure());
    BOOST_TEST(make_reply(550, {}, "").permanent_failure());
    BOOST_TEST(!make_reply(354, {}, "").positive());
}

BOOST_AUTO_TEST_CASE(a_next_hops_reply_is_collected_verbatim) {
    reply_reader reader;
    BOOST_CHECK(reader.on_line("250-mx.example") == state::more);
    BOOST_CHECK(reader.on_line("250-") == state::more);
    BOOST_CHECK(reader.on_line("250 2.0.0  Ok ") == state::complete);
    BOOST_CHECK((reader.take() == reply{250, {}, {"mx.example", "", "2.0.0  Ok "}}));
    BOOST_CHECK(reader.on_line("354") == state::complete);
    BOOST_CHECK((reader.take() == reply{354, {}, {""}}));
}

BOOST_AUTO_TEST_CASE(what_is_no_reply_is_malformed) {
    const std::vector<std::vector<std::string>> table = {
        {""},
        {"25"},
        {"abc hello"},
        {"150 early"},
        {"600 x"},
        {"250+x"},
        {"250-a", "251 b"},
        {"250-a", "hello"},
        {" 250 x"},
        {"2500 x"},
        {"250 " + std::string(reply_reader::max_line - 3, 'x')},
    };
    for (const auto& lines : table) {
        reply_reader reader;
        BOOST_CHECK(read_all(reader, lines) == state::malformed);
        BOOST_CHECK(reader.on_line("250 and so on") == state::malformed); // no second chance
    }
}

BOOST_AUTO_TEST_CASE(a_reply_has_at_most_so_many_lines) {
    reply_reader reader;
    BOOST_CHECK(read_all(reader, std::vector<std::string>(reply_reader::max_lines, "250-x")) ==
                state::more);
    BOOST_CHECK(reader.on_line("250 x") == state::malformed);
}

BOOST_AUTO_TEST_SUITE_END()
