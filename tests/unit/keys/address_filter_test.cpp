// SPDX-License-Identifier: Apache-2.0
#include "keys/address_filter.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>

namespace ip = boost::asio::ip;
namespace smtp = postseal::smtp;
using namespace postseal::keys;

BOOST_AUTO_TEST_SUITE(address_filter_test)

BOOST_AUTO_TEST_CASE(only_the_public_internet_is_reached) {
    const auto refused = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "64:ff9b::7f00:1",
        "fc00::1",
        "fd00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "4000::1",
    };
    const address_filter filter;
    for (const auto* address : refused)
        BOOST_TEST(!filter.permits(ip::make_address(address), 443), address);

    const auto reached = {"1.1.1.1",         "9.255.255.255",  "11.0.0.0",     "100.63.255.255",
                          "100.128.0.0",     "172.15.255.255", "172.32.0.0",   "192.0.1.1",
                          "223.255.255.255", "::ffff:1.1.1.1", "2a00:1450::1", "2001:200::1",
                          "2606:4700::1"};
    for (const auto* address : reached)
        BOOST_TEST(filter.permits(ip::make_address(address), 443), address);
}

BOOST_AUTO_TEST_CASE(only_the_https_port_is_reached) {
    const address_filter filter;
    for (const std::uint16_t port : {0, 22, 25, 80, 442, 444, 8443, 65535})
        BOOST_TEST(!filter.permits(ip::make_address("1.1.1.1"), port), port);
}

BOOST_AUTO_TEST_CASE(a_port_that_the_administrator_has_named_opens_nothing_private) {
    const address_filter filter;
    const std::vector own{ip::make_address("1.1.1.2")};
    BOOST_TEST(filter.permits(ip::make_address("1.1.1.1"), own));
    for (const auto* address : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "1.1.1.2"})
        BOOST_TEST(!filter.permits(ip::make_address(address), own), address);
}

BOOST_AUTO_TEST_CASE(an_allowed_network_is_reached_on_any_port) {
    const address_filter filter(
        {*smtp::parse_ip_network("127.0.0.0/8"), *smtp::parse_ip_network("fd00:1::/32")});
    BOOST_TEST(filter.permits(ip::make_address("127.0.0.2"), 8443));
    BOOST_TEST(filter.permits(ip::make_address("::ffff:127.0.0.2"), 8443));
    BOOST_TEST(filter.permits(ip::make_address("fd00:1::5"), 443));
    BOOST_TEST(!filter.permits(ip::make_address("fd00:2::5"), 443));
    BOOST_TEST(!filter.permits(ip::make_address("::1"), 443));
    BOOST_TEST(!filter.permits(ip::make_address("10.0.0.1"), 443));
    BOOST_TEST(!filter.permits(ip::make_address("1.1.1.1"), 8443));
}

BOOST_AUTO_TEST_CASE(our_own_addresses_are_not_reached_unless_allowed) {
    const auto ours = ip::make_address("8.8.8.8");
    const std::vector<ip::address> own{ours, ip::make_address("2a00::1")};
    const address_filter filter;
    BOOST_TEST(!filter.permits(ours, 443, own));
    BOOST_TEST(!filter.permits(ip::make_address("::ffff:8.8.8.8"), 443, own));
    BOOST_TEST(!filter.permits(ip::make_address("2a00::1"), 443, own));
    BOOST_TEST(filter.permits(ip::make_address("2a00::2"), 443, own));
    BOOST_TEST(address_filter({*smtp::parse_ip_network("8.8.8.8")}).permits(ours, 443, own));
}

BOOST_AUTO_TEST_SUITE_END()
