// SPDX-License-Identifier: Apache-2.0
// Where the configuration says that a host is, in place of the name servers' word (`resolve`): for
// an organisation's internal key server. No I/O.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys {

struct fixed_address {
    std::string host;                 ///< in lower case; "*": every host
    std::uint16_t port = 0;           ///< of the URL
    boost::asio::ip::address address; ///< where to connect; the address filter has its say
    std::uint16_t connect_port = 0;   ///< the same as `port` but for a server behind another one

    bool operator==(const fixed_address&) const = default;
};

/// "host:port:address" as `curl --resolve` takes it, or "host:port:address:port" to connect to
/// another port. An IPv6 address that a port follows stands in brackets. Nothing on any doubt.
[[nodiscard]] std::optional<fixed_address> parse_fixed_address(std::string_view text);

/// The first that is meant for `host` (in lower case) and `port`.
[[nodiscard]] const fixed_address* find_fixed_address(const std::vector<fixed_address>& known,
                                                      std::string_view host, std::uint16_t port);

} // namespace postseal::keys
