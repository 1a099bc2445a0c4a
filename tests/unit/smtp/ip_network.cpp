// SPDX-License-Identifier: Apache-2.0
#include "smtp/ip_network.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace postseal::smtp;

BOOST_AUTO_TEST_SUITE(ip_network_test)

BOOST_AUTO_TEST_CASE(networks_are_read_strictly) {
    struct row {
        std::string_view text;
        std::string_view shown; // empty: refused
    };
    const row table[] = {
        {"127.0.0.0/8", "127.0.0.0/8"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"192.0.2.7", "192.0.2.7/32"},
        {"::1", "::1/128"},
        {"fd00::/8", "fd00::/8"},
        {"10.128.0.0/9", "10.128.0.0/9"},
        {"10.0.0.1/8", ""},          // bits behind the prefix
        {"10.192.0.0/9", ""},        //
        {"fd00::1/64", ""},          //
        {"10.0.0.0/33", ""},         //
        {"::/129", ""},              //
        {"10.0.0.0/08", ""},         // a leading zero
        {"010.0.0.0/8", ""},         //
        {"10.0.0.0/", ""},           //
        {"10.0.0.0/8/8", ""},        //
        {"10.0.0.0/+8", ""},         //
        {"10.0.0.0/8 ", ""},         //
        {" 10.0.0.0/8", ""},         //
        {"10.0.0/8", ""},            //
        {"127.1", ""},               //
        {"2130706433", ""},          //
        {"fe80::1%lo", ""},          // a zone
        {"::ffff:10.0.0.0/104", ""}, // IPv4 in disguise
        {"localhost", ""},           //
        {"", ""},                    //
        {"/8", ""},                  //
        {std::string_view("::1\0", 4), ""},
    };
    for (const auto& [text, shown] : table) {
        const auto parsed = parse_ip_network(text);
        BOOST_TEST_CONTEXT("network " << text) {
            BOOST_TEST((parsed ? to_string(*parsed) : std::string{}) == shown);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_network_contains_its_addresses_in_every_spelling) {
    struct row {
        std::string_view network;
        std::string_view address;
        bool inside;
    };
    const row table[] = {
        {"10.128.0.0/9", "10.128.0.0", true},
        {"10.128.0.0/9", "10.255.255.255", true},
        {"10.128.0.0/9", "10.127.255.255", false},
        {"10.128.0.0/9", "::ffff:10.200.0.1", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "10.0.0.1", false},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"2001:db8:8000::/33", "2001:db8:ffff::1", true},
        {"2001:db8:8000::/33", "2001:db8:7fff::1", false},
    };
    for (const auto& row : table)
        BOOST_TEST(contains(parse_ip_network(row.network).value(),
                            parse_ip_address(row.address).value()) == row.inside,
                   row.network << " and " << row.address);
}

BOOST_AUTO_TEST_CASE(an_address_has_one_spelling) {
    struct row {
        std::string_view text;
        std::string_view shown; // empty: refused
    };
    const row table[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"fe80::1%eth0", ""},
        {"192.0.2.1 ", ""},
        {"192.0.2", ""},
        {"[::1]", ""},
        {"IPv6:::1", ""},
        {"", ""},
    };
    for (const auto& [text, shown] : table) {
        const auto parsed = parse_ip_address(text);
        BOOST_TEST((parsed ? to_string(*parsed) : std::string{}) == shown, text);
    }
}

BOOST_AUTO_TEST_CASE(loopback_is_known_in_both_families) {
    for (const auto text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
        BOOST_TEST(parse_ip_address(text)->is_loopback(), text);
    for (const auto text : {"126.0.0.1", "::", "1::1", "::2", "0.0.0.0"})
        BOOST_TEST(!parse_ip_address(text)->is_loopback(), text);
}

BOOST_AUTO_TEST_SUITE_END()
