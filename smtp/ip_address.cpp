// SPDX-License-Identifier: Apache-2.0
#include "smtp/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace postseal::smtp {

namespace {

constexpr std::array<unsigned char, 12> mapped_v4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

} // namespace

ip_address::ip_address(std::span<const unsigned char, octets_v4> octets) {
    std::ranges::copy(octets, octets_.begin());
}

ip_address::ip_address(std::span<const unsigned char, octets_v6> octets) {
    if (std::ranges::equal(octets.first<mapped_v4.size()>(), mapped_v4)) {
        std::ranges::copy(octets.last<octets_v4>(), octets_.begin());
        return;
    }
    std::ranges::copy(octets, octets_.begin());
    size_ = octets_v6;
}

bool ip_address::is_loopback() const {
    constexpr unsigned char loopback_v4 = 127;
    if (is_v4()) return octets_.front() == loopback_v4;
    return octets_.back() == 1 &&
           std::all_of(octets_.begin(), octets_.end() - 1, [](auto octet) { return octet == 0; });
}

std::optional<ip_address> parse_ip_address(std::string_view text) {
    // A NUL would end the text early; inet_pton takes no zones and no short forms.
    if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos) return std::nullopt;
    const std::string written(text);
    std::array<unsigned char, ip_address::octets_v4> v4{};
    if (::inet_pton(AF_INET, written.c_str(), v4.data()) == 1) return ip_address(v4);
    std::array<unsigned char, ip_address::octets_v6> v6{};
    if (::inet_pton(AF_INET6, written.c_str(), v6.data()) == 1) return ip_address(v6);
    return std::nullopt;
}

std::string to_string(const ip_address& shown) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(shown.is_v4() ? AF_INET : AF_INET6, shown.octets().data(), text.data(),
                text.size());
    return text.data();
}

} // namespace postseal::smtp
