// SPDX-License-Identifier: Apache-2.0
// Networks in CIDR notation (RFC 4632, RFC 4291 §2.3), as configuration and policy name them:
// clients that are trusted or match a rule, private networks that key lookups may reach.
#pragma once

#include "smtp/ip_address.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace postseal::smtp {

struct ip_network {
    ip_address base; ///< the bits behind the prefix are zero
    unsigned prefix_length = 0;

    bool operator==(const ip_network&) const = default;
};

/// "10.0.0.0/8", "fd00::/8", or one address without a prefix. Nothing on any doubt: bits set behind
/// the prefix ("10.0.0.1/8" is a slip of the pen), leading zeros, zones, IPv4 written as IPv6.
[[nodiscard]] std::optional<ip_network> parse_ip_network(std::string_view text);

[[nodiscard]] std::string to_string(const ip_network& shown);

[[nodiscard]] bool contains(const ip_network& candidate, const ip_address& address);

} // namespace postseal::smtp
