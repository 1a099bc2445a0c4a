// SPDX-License-Identifier: Apache-2.0
#include "relay/loops.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;

BOOST_AUTO_TEST_SUITE(loops)

BOOST_AUTO_TEST_CASE(a_message_may_pass_as_often_as_is_allowed_and_not_once_more) {
    for (const std::size_t most : {1, 4, 20}) {
        BOOST_TEST(!relay::loop_refusal({.received = 10, .passes = most - 1}, most));
        const auto refused = relay::loop_refusal({.received = 10, .passes = most}, most);
        BOOST_REQUIRE(refused);
        BOOST_TEST(refused->code == 554);
        BOOST_TEST(refused->enhanced == "5.4.6");
        BOOST_TEST(relay::loop_refusal({.received = 1, .passes = 20}, most).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_hundred_hops_are_many_and_one_more_is_a_loop) {
    BOOST_TEST(!relay::loop_refusal({.received = 100, .passes = 0}, 4));
    const auto refused = relay::loop_refusal({.received = 101, .passes = 0}, 4);
    BOOST_REQUIRE(refused);
    BOOST_TEST(smtp::to_log(*refused).starts_with("554 5.4.6 "));
}

BOOST_AUTO_TEST_SUITE_END()
