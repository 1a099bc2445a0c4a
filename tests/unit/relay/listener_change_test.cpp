// SPDX-License-Identifier: Apache-2.0
// Whether a session may go by the settings that a reload has brought.
#include "relay/listener_change.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <utility>

namespace postseal::relay {

BOOST_AUTO_TEST_SUITE(listener_changes)

BOOST_AUTO_TEST_CASE(what_rules_can_rely_on_makes_another_listener_of_it) {
    using change = std::function<void(listener_settings&)>;
    const std::pair<std::string, change> table[] = {
        {"name", [](auto& one) { one.name = "other"; }},
        {"place", [](auto& one) { one.place = place::front; }},
        {"protocol", [](auto& one) { one.protocol = smtp::protocol::lmtp; }},
        {"trusted", [](auto& one) { one.trusted = {*smtp::parse_ip_network("10.0.0.0/8")}; }},
        {"balancers", [](auto& one) { one.balancers = {*smtp::parse_ip_network("10.0.0.0/8")}; }},
        {"tls", [](auto& one) { one.tls = tls_start::at_once; }},
        {"tls_required", [](auto& one) { one.tls_required = true; }},
        {"login", [](auto& one) { one.login = smtp::login_rule::always; }},
        {"routing_marks", [](auto& one) { one.routing_marks = smtp::routing_marks::allowed; }},
        {"received", [](auto& one) { one.received = own_received::after_a_trace; }},
        {"hop's host", [](auto& one) { one.next_hop.address.host = "10.0.0.1"; }},
        {"hop's port", [](auto& one) { one.next_hop.address.port = 26; }},
        {"hop's tls", [](auto& one) { one.next_hop.tls = hop_tls::verified; }},
        {"introduction", [](auto& one) { one.next_hop.introduction = introduction::xclient; }},
    };
    const listener_settings before;
    BOOST_TEST(serves_alike(before, before));
    for (const auto& [what, make] : table) {
        auto after = before;
        make(after);
        BOOST_TEST(!serves_alike(before, after), what);
    }
    auto moved =
        before; // who was there before is not told of another port, nor by a new certificate
    moved.address.port = 10025;
    BOOST_TEST(serves_alike(before, moved));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::relay
