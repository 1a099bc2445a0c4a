// SPDX-License-Identifier: Apache-2.0
#include "keys/network.hpp"

#include <algorithm>
#include <charconv>
#include <span>

namespace postseal::keys {

namespace ip = boost::asio::ip;

namespace {

/// Without a leading zero: some readers take "010" as octal.
std::optional<unsigned> parse_prefix_length(std::string_view digits) {
    if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
    unsigned length = 0;
    const auto end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, length);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return length;
}

/// The first `bits` bits of both are equal.
bool same_prefix(std::span<const unsigned char> a, std::span<const unsigned char> b,
                 unsigned bits) {
    const std::size_t whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
    if (bits % 8 == 0) return true;
    const auto mask = static_cast<unsigned char>(0xff << (8 - bits % 8));
    return ((a[whole] ^ b[whole]) & mask) == 0;
}

unsigned width(const ip::address& address) { return address.is_v4() ? 32 : 128; }

bool all_zero_behind(std::span<const unsigned char> octets, unsigned bits) {
    for (std::size_t bit = bits; bit < octets.size() * 8; ++bit)
        if (octets[bit / 8] & (0x80U >> (bit % 8))) return false;
    return true;
}

bool all_zero_behind(const ip::address& address, unsigned bits) {
    if (address.is_v4()) return all_zero_behind(address.to_v4().to_bytes(), bits);
    return all_zero_behind(address.to_v6().to_bytes(), bits);
}

} // namespace

std::optional<network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto written = text.substr(0, slash);
    // A zone ("fe80::1%eth0") names an interface of one machine; and a NUL would end the text
    // early.
    if (written.find_first_not_of("0123456789abcdefABCDEF.:") != written.npos) return std::nullopt;

    boost::system::error_code failed;
    const auto base = ip::make_address(std::string(written), failed);
    if (failed || (base.is_v6() && base.to_v6().is_v4_mapped())) return std::nullopt;

    network parsed{base, width(base)};
    if (slash != text.npos) {
        const auto length = parse_prefix_length(text.substr(slash + 1));
        if (!length || *length > width(base)) return std::nullopt;
        parsed.prefix_length = *length;
    }
    if (!all_zero_behind(base, parsed.prefix_length)) return std::nullopt;
    return parsed;
}

std::string to_string(const network& shown) {
    return shown.base.to_string() + '/' + std::to_string(shown.prefix_length);
}

bool contains(const network& candidate, const ip::address& address) {
    const auto plain = unmapped(address);
    if (plain.is_v4() != candidate.base.is_v4()) return false;
    if (plain.is_v4())
        return same_prefix(plain.to_v4().to_bytes(), candidate.base.to_v4().to_bytes(),
                           candidate.prefix_length);
    return same_prefix(plain.to_v6().to_bytes(), candidate.base.to_v6().to_bytes(),
                       candidate.prefix_length);
}

ip::address unmapped(const ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

} // namespace postseal::keys
