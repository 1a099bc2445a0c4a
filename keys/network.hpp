// SPDX-License-Identifier: Apache-2.0
// Networks in CIDR notation (RFC 4632, RFC 4291 §2.3), as the configuration names them: clients
// that are trusted, private networks that key lookups may reach. No I/O.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace postseal::keys {

struct network {
    boost::asio::ip::address base; ///< the bits behind the prefix are zero
    unsigned prefix_length = 0;

    bool operator==(const network&) const = default;
};

/// "10.0.0.0/8", "fd00::/8", or one address without a prefix. Nothing on any doubt: bits set behind
/// the prefix ("10.0.0.1/8" is a slip of the pen), leading zeros, zones, IPv4 written as IPv6.
[[nodiscard]] std::optional<network> parse_network(std::string_view text);

[[nodiscard]] std::string to_string(const network& shown);

/// IPv4 inside IPv6 ("::ffff:10.0.0.1", as a dual-stack socket reports its peers) counts as IPv4.
[[nodiscard]] bool contains(const network& candidate, const boost::asio::ip::address& address);

/// The IPv4 address that `address` maps, or `address` itself.
[[nodiscard]] boost::asio::ip::address unmapped(const boost::asio::ip::address& address);

} // namespace postseal::keys
