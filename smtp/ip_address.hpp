// SPDX-License-Identifier: Apache-2.0
// IP addresses as values: of clients, as sockets, XFORWARD and the PROXY protocol name them.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postseal::smtp {

/// One host, one value: IPv4 inside IPv6 ("::ffff:192.0.2.1", as a dual-stack socket reports its
/// peers) is the IPv4 address.
class ip_address {
  public:
    static constexpr std::size_t octets_v4 = 4;
    static constexpr std::size_t octets_v6 = 16;

    ip_address() = default; ///< 0.0.0.0
    explicit ip_address(std::span<const unsigned char, octets_v4> octets);
    explicit ip_address(std::span<const unsigned char, octets_v6> octets);

    [[nodiscard]] bool is_v4() const { return size_ == octets_v4; }
    /// 4 or 16 octets in network order.
    [[nodiscard]] std::span<const unsigned char> octets() const { return {octets_.data(), size_}; }
    [[nodiscard]] bool is_loopback() const;

    bool operator==(const ip_address&) const = default;

  private:
    std::array<unsigned char, octets_v6> octets_{};
    std::size_t size_ = octets_v4;
};

/// "192.0.2.1" or "2001:db8::1". Nothing for zones ("fe80::1%eth0": an interface of one machine),
/// leading zeros, and spellings with fewer than four numbers.
[[nodiscard]] std::optional<ip_address> parse_ip_address(std::string_view text);

/// The usual spelling (RFC 5952).
[[nodiscard]] std::string to_string(const ip_address& shown);

} // namespace postseal::smtp
