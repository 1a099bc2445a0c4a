// SPDX-License-Identifier: Apache-2.0
#include "postfix/address.hpp"

#include "sample.hpp"

namespace postseal::postfix {

BOOST_AUTO_TEST_SUITE(address)

BOOST_AUTO_TEST_CASE(a_service_listens_where_its_name_says) {
    struct {
        std::string name;
        std::string type;
        std::string_view expected;
    } const table[] = {
        {"smtp", "inet", ":25"},
        {"submission", "inet", ":587"},
        {"smtps", "inet", ":465"},
        {"submissions", "inet", ":465"},
        {"10026", "inet", ":10026"},
        {"127.0.0.1:10026", "inet", "127.0.0.1:10026"},
        {"localhost:smtp", "inet", "localhost:25"},
        {"[::1]:10026", "inet", "[::1]:10026"},
        {"own-name", "inet", ""},
        {"127.0.0.1:0", "inet", ""},
        {"127.0.0.1:99999", "inet", ""},
        {"smtp", "unix", ""},
        {"smtpd", "pass", ""},
    };
    for (const auto& row : table) {
        const auto found = listens_at({row.name, row.type, "-", "smtpd", {}});
        BOOST_TEST_CONTEXT(row.name << "/" << row.type) {
            BOOST_TEST((found ? to_string(*found) : "") == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(inet_interfaces_says_who_reaches_a_service_without_a_host) {
    struct {
        std::string_view interfaces;
        std::string name;
        bool expected;
    } const table[] = {
        {"all", "10026", true},
        {"all", "127.0.0.1:10026", false},
        {"all", "[::1]:10026", false},
        {"all", "localhost:10026", false},
        {"all", "0.0.0.0:10026", true},
        {"all", "192.0.2.1:10026", true},
        {"loopback-only", "10026", false},
        {"localhost", "10026", false},
        {"127.0.0.1, [::1]", "10026", false},
        {"127.0.0.1, 192.0.2.1", "10026", true},
    };
    for (const auto& row : table) {
        const auto read = with("inet_interfaces = " + std::string(row.interfaces) + "\n");
        BOOST_TEST_CONTEXT(row.interfaces << " " << row.name) {
            BOOST_TEST(reachable_from_outside(read, {row.name, "inet", "-", "smtpd", {}}) ==
                       row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(filters_and_transports_lead_to_an_endpoint) {
    struct {
        std::string_view written;
        std::string_view expected;
    } const proxies[] = {
        {"127.0.0.1:10025", "127.0.0.1:10025"},
        {"[::1]:10025", "[::1]:10025"},
        {"inet:127.0.0.1:10025", "127.0.0.1:10025"},
        {"localhost:10025", "localhost:10025"},
        {":10025", "localhost:10025"},
        {"10025", "localhost:10025"},
        {"unix:/run/filter", ""},
        {"", ""},
        {"127.0.0.1", ""},
    };
    for (const auto& row : proxies) {
        const auto found = parse_endpoint(row.written);
        BOOST_TEST_CONTEXT(row.written) {
            BOOST_TEST((found ? to_string(*found) : "") == row.expected);
        }
    }
    const auto lmtp = parse_transport("scan:[127.0.0.1]:10025, inet:[::1]");
    BOOST_TEST(lmtp.name == "scan");
    BOOST_REQUIRE(lmtp.next_hops.size() == 2U);
    BOOST_TEST(to_string(lmtp.next_hops[0]) == "127.0.0.1:10025");
    BOOST_TEST(to_string(lmtp.next_hops[1]) == "[::1]:24");
    BOOST_TEST(parse_transport("smtp").next_hops.empty());
    BOOST_TEST(parse_transport("lmtp:unix:private/dovecot").next_hops.empty());
}

BOOST_AUTO_TEST_CASE(a_list_of_hosts_names_an_address_or_does_not) {
    struct {
        std::string_view list;
        listed expected;
        std::string_view beyond;
    } const table[] = {
        {"", listed::no, ""},
        {"127.0.0.0/8", listed::yes, ""},
        {"127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128", listed::yes, ""},
        {"[::ffff:127.0.0.0]/104", listed::yes, ""},
        {"127.0.0.1", listed::yes, ""},
        {"localhost", listed::yes, ""},
        {"[::1]/128", listed::no, ""},
        {"10.0.0.0/8, 192.168.0.0/16", listed::no, "10.0.0.0/8"},
        {"!127.0.0.1, 127.0.0.0/8", listed::no, ""},
        {"0.0.0.0/0", listed::yes, "0.0.0.0/0"},
        {"126.0.0.0/7", listed::yes, "126.0.0.0/7"},
        {"static:all", listed::yes, "static:all"},
        {"hash:/etc/postfix/networks", listed::unclear, "hash:/etc/postfix/networks"},
        {"/etc/postfix/networks", listed::unclear, "/etc/postfix/networks"},
        {"mail.example.org", listed::no, "mail.example.org"},
    };
    const auto address = *smtp::parse_ip_address("127.0.0.1");
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.list) {
            BOOST_CHECK(names_address(row.list, address) == row.expected);
            BOOST_TEST(beyond_loopback(row.list) == row.beyond);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_wildcard_listener_is_reached_by_every_address) {
    BOOST_TEST(leads_to({"127.0.0.1", 25}, {"0.0.0.0", 25}));
    BOOST_TEST(leads_to({"localhost", 25}, {"::1", 25}));
    BOOST_TEST(leads_to({"::1", 25}, {"0:0::1", 25}));
    BOOST_TEST(!leads_to({"127.0.0.1", 25}, {"127.0.0.1", 26}));
    BOOST_TEST(!leads_to({"127.0.0.2", 25}, {"127.0.0.1", 25}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::postfix
