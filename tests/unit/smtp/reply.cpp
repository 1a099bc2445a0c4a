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

BOOST_AUTO_TEST_CASE(a_reply_without_lines_is_still_one_line) {
    BOOST_TEST(to_wire(reply{250, {}, {}}) == "250 \r\n");
}

BOOST_AUTO_TEST_CASE(a_log_line_joins_the_lines) {
    BOOST_TEST(to_log(reply{450, "4.2.0", {"one", "two"}}) == "450 4.2.0 one / two");
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
    }
}

BOOST_AUTO_TEST_CASE(a_reply_has_at_most_so_many_lines) {
    reply_reader reader;
    BOOST_CHECK(read_all(reader, std::vector<std::string>(reply_reader::max_lines, "250-x")) ==
                state::more);
    BOOST_CHECK(reader.on_line("250 x") == state::malformed);
}

BOOST_AUTO_TEST_SUITE_END()
