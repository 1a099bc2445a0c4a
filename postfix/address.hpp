// SPDX-License-Identifier: Apache-2.0
// Addresses as Postfix writes them: where a service listens, where a filter or a transport leads,
// and which hosts a list names. Names are not looked up; what only DNS could tell is "unclear".
#pragma once

#include "postfix/configuration.hpp"
#include "smtp/ip_address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::postfix {

struct endpoint {
    std::string host; ///< an IP address or a name, without brackets; empty: every interface
    std::uint16_t port = 0;

    bool operator==(const endpoint&) const = default;
};

/// "127.0.0.1:10025", "[::1]:10025", ":587"
[[nodiscard]] std::string to_string(const endpoint& shown);

/// An IP address; "localhost" is 127.0.0.1. Nothing for other names.
[[nodiscard]] std::optional<smtp::ip_address> address_of(std::string_view host);

[[nodiscard]] bool is_loopback(std::string_view host);

/// Where a service of type inet listens ("submission", "10026", "[::1]:10026"); nothing for other
/// types and for ports whose name is not a well-known one.
[[nodiscard]] std::optional<endpoint> listens_at(const service& one);

/// Can other machines connect? (The network's own filters are not known here.)
[[nodiscard]] bool reachable_from_outside(const configuration& read, const service& one);

/// The inet service that a connection to `where` reaches.
[[nodiscard]] const service* service_at(const configuration& read, const endpoint& where);

/// "host:port", "[host]:port", "inet:host:port", and a port alone, which means localhost. Nothing
/// for "unix:/path" and what is no endpoint.
[[nodiscard]] std::optional<endpoint> parse_endpoint(std::string_view text,
                                                     std::uint16_t default_port = 0);

/// `content_filter` and `default_transport`: a transport of master.cf and where it leads.
struct transport {
    std::string name;
    std::vector<endpoint> next_hops;
    std::string written; ///< behind the colon
};
[[nodiscard]] transport parse_transport(std::string_view text);

/// Does who connects to `target` reach a listener that is bound to `listener`? A name may.
[[nodiscard]] bool leads_to(const endpoint& target, const endpoint& listener);

enum class listed { yes, no, unclear };

/// Does a list such as mynetworks name this address? Tables and host names are unclear.
[[nodiscard]] listed names_address(std::string_view list, const smtp::ip_address& address);

/// The first entry of a list of hosts that is not this machine itself; empty: there is none.
[[nodiscard]] std::string beyond_loopback(std::string_view list);

} // namespace postseal::postfix
