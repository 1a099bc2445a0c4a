// SPDX-License-Identifier: Apache-2.0
#include "message/example_letter.hpp"

#include "message/facts.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace postseal;

BOOST_AUTO_TEST_SUITE(example_letters)

namespace {

message::example_letter from_anna() {
    message::example_letter made;
    made.from = smtp::mailbox{"anna", "example.org"};
    made.to = {{"bob", "b.example"}, {"cara", "c.example"}};
    return made;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_letter_is_a_plain_one) {
    BOOST_TEST(message::write_letter(from_anna()) == "From: anna@example.org\r\n"
                                                     "To: bob@b.example,\r\n cara@c.example\r\n"
                                                     "Subject: an example\r\n\r\n"
                                                     "A plain message.\r\n");
}

BOOST_AUTO_TEST_CASE(fields_stand_in_place_of_its_own_or_besides) {
    auto letter = from_anna();
    letter.header = {{"subject", "a draft"}, {"X-Project", "mars"}};
    letter.text = "one\ntwo";
    BOOST_TEST(message::write_letter(letter) == "From: anna@example.org\r\n"
                                                "To: bob@b.example,\r\n cara@c.example\r\n"
                                                "subject: a draft\r\nX-Project: mars\r\n\r\n"
                                                "one\r\ntwo\r\n");
}

BOOST_AUTO_TEST_CASE(a_bounce_is_from_nobody_and_a_blind_one_to_nobody) {
    BOOST_TEST(message::write_letter({}).starts_with("From: <>\r\nSubject: "));
}

BOOST_AUTO_TEST_CASE(it_is_as_large_as_is_asked_and_no_smaller_than_it_is) {
    const auto whole = message::write_letter(from_anna()).size();
    for (const std::size_t size : {1UL, whole, whole + 1, whole + 2, whole + 77, whole + 78,
                                   whole + 79, whole + 1000, std::size_t{70'000}}) {
        auto letter = from_anna();
        letter.size = size;
        const auto written = message::write_letter(letter);
        BOOST_TEST(written.size() == std::max(size, whole));
        BOOST_TEST(written.ends_with("A plain message.\r\n"));
    }
}

BOOST_AUTO_TEST_CASE(a_file_comes_along) {
    auto letter = from_anna();
    BOOST_TEST(!message::classify(message::write_letter(letter)).attachment);
    letter.attachment = "plan.dwg";
    letter.size = 5000;
    const auto written = message::write_letter(letter);
    BOOST_TEST(message::classify(written).attachment);
    BOOST_TEST(written.size() == 5000U);
}

BOOST_AUTO_TEST_CASE(every_line_ends_as_over_smtp) {
    BOOST_TEST(message::with_crlf("a\nb\r\n\n") == "a\r\nb\r\n\r\n");
    BOOST_TEST(message::with_crlf("a") == "a\r\n");
    BOOST_TEST(message::with_crlf("") == "\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
