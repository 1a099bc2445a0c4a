// SPDX-License-Identifier: Apache-2.0
#include "relay/open_sessions.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <tuple>
#include <vector>

using namespace postseal;

BOOST_AUTO_TEST_SUITE(open_sessions_)

BOOST_AUTO_TEST_CASE(a_client_is_an_ipv4_address_or_a_64_of_ipv6) {
    const std::vector<std::tuple<std::string, std::string, bool>> table = {
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"2001:db8::1", "2001:db8::ffff:1:2:3", true},
        {"2001:db8::1", "2001:db8:0:1::1", false},
        {"0.0.0.0", "::", false},
        {"127.0.0.1", "::1", false},
    };
    for (const auto& [one, other, same] : table) {
        const auto left = smtp::parse_ip_address(one).value();
        const auto right = smtp::parse_ip_address(other).value();
        BOOST_TEST(relay::is_same_client(left, right) == same, one << ' ' << other);
        BOOST_TEST(relay::is_same_client(right, left) == same, one << ' ' << other);
    }
}

BOOST_AUTO_TEST_SUITE_END()
