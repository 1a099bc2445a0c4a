// SPDX-License-Identifier: Apache-2.0
#include "smtp/ip_network.hpp"

#include <algorithm>
#include <charconv>
#include <span>

namespace postseal::smtp {

namespace {

constexpr unsigned bits_of_octet = 8;

// Without a leading zero: some readers take "010" as octal.
std::optional<unsigned> parse_prefix_length(std::string_view digits) {
    if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
    unsigned length = 0;
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, length);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return length;
}

// The first `bits` bits of both are equal.
bool same_prefix(std::span<const unsigned char> a, std::span<const unsigned char> b,
                 unsigned bits) {
    const std::size_t whole = bits / bits_of_octet;
    if (!std::ranges::equal(a.first(whole), b.first(whole))) return false;
    if (bits % bits_of_octet == 0) return true;
    const auto mask = static_cast<unsigned char>(0xff << (bits_of_octet - bits % bits_of_octet));
    return ((a[whole] ^ b[whole]) & mask) == 0;
}

unsigned width(const ip_address& address) {
    return static_cast<unsigned>(address.octets().size()) * bits_of_octet;
}

bool all_zero_behind(std::span<const unsigned char> octets, unsigned bits) {
    for (std::size_t bit = bits; bit < octets.size() * bits_of_octet; ++bit)
        if (octets[bit / bits_of_octet] & (0x80U >> (bit % bits_of_octet))) return false;
    return true;
}

} // namespace

std::optional<ip_network> parse_ip_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto written = text.substr(0, slash);
    const auto base = parse_ip_address(written);
    const bool mapped = base && base->is_v4() && written.find(':') != written.npos;
    if (!base || mapped) return std::nullopt;

    ip_network parsed{*base, width(*base)};
    if (slash != text.npos) {
        const auto length = parse_prefix_length(text.substr(slash + 1));
        if (!length || *length > width(*base)) return std::nullopt;
        parsed.prefix_length = *length;
    }
    if (!all_zero_behind(base->octets(), parsed.prefix_length)) return std::nullopt;
    return parsed;
}

std::string to_string(const ip_network& shown) {
    return to_string(shown.base) + '/' + std::to_string(shown.prefix_length);
}

bool contains(const ip_network& candidate, const ip_address& address) {
    return candidate.base.is_v4() == address.is_v4() &&
           same_prefix(candidate.base.octets(), address.octets(), candidate.prefix_length);
}

} // namespace postseal::smtp
