// SPDX-License-Identifier: Apache-2.0
#include "relay/journal.hpp"
#include "relay/randomness.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace postseal;

BOOST_AUTO_TEST_SUITE(journals)

BOOST_AUTO_TEST_CASE(nobody_writes_log_lines_of_their_own) {
    BOOST_TEST(relay::printable("550 no\r\nid=1 to=<x> sealed") == "550 no??id=1 to=<x> sealed");
    BOOST_TEST(relay::printable(std::string("a\0b\x1b[2Jc\x7f", 9)) == "a?b?[2Jc?");
    BOOST_TEST(relay::printable("jürgen@example.org") == "jürgen@example.org");
}

BOOST_AUTO_TEST_CASE(no_value_can_pass_for_another_field) {
    BOOST_TEST(relay::quoted("a\" to=\"b\\") == "\"a\\\" to=\\\"b\\\\\"");
    BOOST_TEST(relay::bracketed("anna@example.org") == "<anna@example.org>");
    BOOST_TEST(relay::bracketed("") == "<>");
    BOOST_TEST(relay::bracketed("\"x> from=<y\"@example.org") ==
               "<\"\\\"x> from=<y\\\"@example.org\">");
}

BOOST_AUTO_TEST_CASE(identifiers_do_not_repeat) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto id = relay::random_id();
        BOOST_REQUIRE(id.size() == 16U);
        BOOST_REQUIRE(seen.insert(id).second);
    }
    BOOST_TEST(relay::random_bytes(24).size() == 24U);
}

BOOST_AUTO_TEST_SUITE_END()
