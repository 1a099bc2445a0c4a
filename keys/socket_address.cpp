// SPDX-License-Identifier: Apache-2.0
#include "keys/socket_address.hpp"

#include <algorithm>

namespace postseal::keys {

namespace ip = boost::asio::ip;

smtp::ip_address to_ip_address(const ip::address& of_socket) {
    if (of_socket.is_v4()) return smtp::ip_address(of_socket.to_v4().to_bytes());
    return smtp::ip_address(of_socket.to_v6().to_bytes());
}

ip::address to_socket_address(const smtp::ip_address& value) {
    if (value.is_v4()) {
        ip::address_v4::bytes_type octets{};
        std::ranges::copy(value.octets(), octets.begin());
        return ip::address_v4(octets);
    }
    ip::address_v6::bytes_type octets{};
    std::ranges::copy(value.octets(), octets.begin());
    return ip::address_v6(octets);
}

} // namespace postseal::keys
