// SPDX-License-Identifier: Apache-2.0
#include "keys/address_filter.hpp"

#include "keys/socket_address.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace postseal::keys {

namespace ip = boost::asio::ip;

namespace {

constexpr std::array<std::string_view, 14> not_public_v4{
    "0.0.0.0/8",       // this host (Linux connects 0.0.0.0 to loopback)
    "10.0.0.0/8",      // private
    "100.64.0.0/10",   // carrier-grade NAT; also cloud metadata
    "127.0.0.0/8",     // loopback
    "169.254.0.0/16",  // link-local; also cloud metadata
    "172.16.0.0/12",   // private
    "192.0.0.0/24",    // protocol assignments
    "192.0.2.0/24",    // documentation
    "192.88.99.0/24",  // 6to4 relays, given up
    "192.168.0.0/16",  // private
    "198.18.0.0/15",   // benchmarks
    "198.51.100.0/24", // documentation
    "203.0.113.0/24",  // documentation
    "224.0.0.0/3",     // multicast, reserved, broadcast
};

// IPv6 hands out unicast addresses from this one network; everything outside is loopback, unique
// local, link-local, multicast, or IPv4 in disguise (::/96, 64:ff9b::/96).
constexpr std::string_view unicast_v6 = "2000::/3";

constexpr std::array<std::string_view, 4> not_public_v6{
    "2001::/23",     // protocol assignments, with Teredo, which hides an IPv4 address
    "2001:db8::/32", // documentation
    "2002::/16",     // 6to4, which hides an IPv4 address
    "3fff::/20",     // documentation
};

template<class Texts>
std::vector<smtp::ip_network> parse_all(const Texts& texts) {
    std::vector<smtp::ip_network> parsed;
    for (const auto text : texts)
        parsed.push_back(smtp::parse_ip_network(text).value());
    return parsed;
}

bool any_contains(const std::vector<smtp::ip_network>& networks, const smtp::ip_address& address) {
    return std::any_of(networks.begin(), networks.end(),
                       [&](const smtp::ip_network& one) { return smtp::contains(one, address); });
}

constexpr std::uint16_t https_port = 443;

} // namespace

address_filter::address_filter(std::vector<smtp::ip_network> allowed)
    : allowed_(std::move(allowed)) {}

bool address_filter::permits(const ip::address& peer, std::uint16_t port,
                             std::span<const ip::address> own) const {
    if (port == https_port) return permits(peer, own);
    return any_contains(allowed_, to_ip_address(peer));
}

bool address_filter::permits(const ip::address& peer, std::span<const ip::address> own) const {
    const auto plain = to_ip_address(peer);
    if (any_contains(allowed_, plain)) return true;
    const auto is_plain = [&](const ip::address& mine) { return to_ip_address(mine) == plain; };
    if (std::any_of(own.begin(), own.end(), is_plain)) return false;
    return is_public(peer);
}

bool is_public(const ip::address& address) {
    static const auto denied_v4 = parse_all(not_public_v4);
    static const auto denied_v6 = parse_all(not_public_v6);
    static const auto global_v6 = smtp::parse_ip_network(unicast_v6).value();

    const auto plain = to_ip_address(address);
    if (plain.is_v4()) return !any_contains(denied_v4, plain);
    return smtp::contains(global_v6, plain) && !any_contains(denied_v6, plain);
}

} // namespace postseal::keys
