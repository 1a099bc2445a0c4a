// SPDX-License-Identifier: Apache-2.0
// Which addresses a key lookup may connect to. The recipient's domain, and so where its name leads,
// is chosen by whoever writes to us: without this filter a mail address could make the relay talk
// to machines that only the relay can reach (server-side request forgery). No I/O.
#pragma once

#include "smtp/ip_network.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace postseal::keys {

class address_filter {
  public:
    /// `allowed`: networks that may be reached whatever the rules say, on any port.
    explicit address_filter(std::vector<smtp::ip_network> allowed = {});

    /// Everyone else: addresses of the public Internet, not one of `own`, port 443.
    [[nodiscard]] bool permits(const boost::asio::ip::address& peer, std::uint16_t port,
                               std::span<const boost::asio::ip::address> own = {}) const;

    /// The same whatever the port, for a server that an administrator has named with it.
    [[nodiscard]] bool permits(const boost::asio::ip::address& peer,
                               std::span<const boost::asio::ip::address> own) const;

  private:
    std::vector<smtp::ip_network> allowed_;
};

/// Global unicast, as the special-purpose address registries of IANA (RFC 6890) leave it.
[[nodiscard]] bool is_public(const boost::asio::ip::address& address);

} // namespace postseal::keys
