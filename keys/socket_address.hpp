// SPDX-License-Identifier: Apache-2.0
// Between the address of a socket and the value that decisions are made from.
#pragma once

#include "smtp/ip_address.hpp"

#include <boost/asio/ip/address.hpp>

namespace postseal::keys {

/// IPv4 inside IPv6 becomes IPv4.
[[nodiscard]] smtp::ip_address to_ip_address(const boost::asio::ip::address& of_socket);

[[nodiscard]] boost::asio::ip::address to_socket_address(const smtp::ip_address& value);

} // namespace postseal::keys
