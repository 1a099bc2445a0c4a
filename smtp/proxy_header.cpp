// SPDX-License-Identifier: Apache-2.0
#include "smtp/proxy_header.hpp"

#include "smtp/crc32c.hpp"
#include "smtp/octets.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>

namespace postseal::smtp {

namespace {

using proxy_step::complete;
using proxy_step::malformed;
using proxy_step::more;

// §2.1
constexpr std::string_view line_start = "PROXY ";

// §2.2: a line end, a NUL and a word, so that no text protocol takes it for a command.
constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t fixed_octets = 16; // signature, version and command, family, length
constexpr unsigned char version = 0x20;
constexpr unsigned char command_local = version | 0x0;
constexpr unsigned char command_proxy = version | 0x1;
constexpr unsigned char unspecified = 0x00;
constexpr unsigned char tcp_over_ipv4 = 0x11;
constexpr unsigned char tcp_over_ipv6 = 0x21;
constexpr std::size_t port_octets = 2;
constexpr std::size_t tlv_start = 3; // type and length
constexpr unsigned char type_crc32c = 0x03;
constexpr std::size_t crc_octets = 4;

unsigned octet(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

unsigned number(std::string_view text, std::size_t at) {
    return octet(text, at) << 8U | octet(text, at + 1);
}

// Of the whole header, where the checksum itself counts as zeros (§2.2.3).
bool is_checksum(std::string_view header, std::size_t at) {
    constexpr std::string_view zeros("\0\0\0\0", crc_octets);
    auto crc = crc32c(header.substr(0, at));
    crc = crc32c(zeros, crc);
    crc = crc32c(header.substr(at + crc_octets), crc);
    return crc >> 16U == number(header, at) && (crc & 0xffffU) == number(header, at + 2);
}

// What is wrong with the TLVs from `at` to the end; nothing where they are right.
std::string_view find_fault(std::string_view header, std::size_t at) {
    while (at < header.size()) {
        if (header.size() - at < tlv_start) return "a TLV is cut off";
        const auto type = octet(header, at);
        const std::size_t length = number(header, at + 1);
        at += tlv_start;
        if (length > header.size() - at) return "a TLV is longer than the header";
        if (type == type_crc32c) {
            if (length != crc_octets) return "a checksum of another length";
            if (!is_checksum(header, at)) return "the checksum is wrong";
        }
        at += length;
    }
    return {};
}

template<std::size_t Octets>
ip_address read_address(std::string_view text) {
    std::array<unsigned char, Octets> octets{};
    for (std::size_t i = 0; i < Octets; ++i)
        octets[i] = static_cast<unsigned char>(text[i]);
    return ip_address(std::span<const unsigned char, Octets>(octets));
}

// `block`: both addresses, then both ports.
template<std::size_t Octets>
proxied_connection read_block(std::string_view block) {
    const auto port = [&](std::size_t which) {
        return static_cast<std::uint16_t>(number(block, 2 * Octets + which * port_octets));
    };
    return {{read_address<Octets>(block), port(0)},
            {read_address<Octets>(block.substr(Octets)), port(1)}};
}

std::size_t block_octets(std::size_t address) { return 2 * (address + port_octets); }

// Octets that addresses and ports of this family take.
std::size_t octets_needed(unsigned family) {
    if (family == tcp_over_ipv4) return block_octets(ip_address::octets_v4);
    if (family == tcp_over_ipv6) return block_octets(ip_address::octets_v6);
    return 0;
}

bool is_family(unsigned family) {
    return family == unspecified || family == tcp_over_ipv4 || family == tcp_over_ipv6;
}

// Of LOCAL everything behind the command is to be skipped, whatever it is (§2.2).
proxy_next judge_block(std::string_view header) {
    const auto start = header.substr(0, signature.size());
    if (start != signature.substr(0, start.size())) return malformed{"no signature of version 2"};
    if (header.size() <= signature.size()) return more{};
    const auto command = octet(header, signature.size());
    if (command != command_local && command != command_proxy)
        return malformed{"another version than 2, or an unknown command"};
    const bool local = command == command_local;
    if (header.size() <= signature.size() + 1) return more{};
    const auto family = local ? unspecified : octet(header, signature.size() + 1);
    if (!is_family(family)) return malformed{"neither TCP over IPv4 nor over IPv6"};
    if (header.size() < fixed_octets) return more{};
    const std::size_t length = number(header, fixed_octets - 2);
    if (length > max_proxy_block) return malformed{"too long"};
    if (length < octets_needed(family)) return malformed{"too short for its addresses"};
    if (header.size() < fixed_octets + length) return more{};
    if (family == unspecified) return complete{0, std::nullopt};
    const auto fault = find_fault(header, fixed_octets + octets_needed(family));
    if (!fault.empty()) return malformed{fault};
    const auto block = header.substr(fixed_octets);
    return complete{0, family == tcp_over_ipv4 ? read_block<ip_address::octets_v4>(block)
                                               : read_block<ip_address::octets_v6>(block)};
}

// Exactly one space ends a word.
std::string_view take_word(std::string_view& line) {
    const auto word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
    return word;
}

// `family`: "TCP4" or "TCP6".
std::optional<ip_address> read_address(std::string_view word, std::string_view family) {
    const bool looks_like_v6 = word.find(':') != std::string_view::npos;
    if (looks_like_v6 != (family == "TCP6")) return std::nullopt;
    return parse_ip_address(word);
}

std::optional<std::uint16_t> read_port(std::string_view word) {
    if (word.empty() || !std::ranges::all_of(word, is_digit)) return std::nullopt;
    if (word.size() > 1 && word.front() == '0') return std::nullopt;
    std::uint16_t port = 0;
    if (std::from_chars(word.data(), word.data() + word.size(), port).ec != std::errc())
        return std::nullopt;
    return port;
}

// `line`: what follows "PROXY ", without CRLF.
proxy_next read_line(std::string_view line) {
    if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return complete{0, std::nullopt};
    const auto words = std::ranges::count(line, ' ') + 1;
    const auto family = take_word(line);
    if (words != 5 || (family != "TCP4" && family != "TCP6"))
        return malformed{"not TCP4 or TCP6 with two addresses and two ports"};
    const auto source = read_address(take_word(line), family);
    const auto destination = read_address(take_word(line), family);
    if (!source || !destination) return malformed{"not an address of its family"};
    const auto source_port = read_port(take_word(line));
    const auto destination_port = read_port(take_word(line));
    if (!source_port || !destination_port) return malformed{"not a port"};
    return complete{0,
                    proxied_connection{{*source, *source_port}, {*destination, *destination_port}}};
}

proxy_next judge_line(std::string_view header) {
    const auto start = header.substr(0, line_start.size());
    if (start != line_start.substr(0, start.size())) return malformed{"no PROXY header"};
    const auto end = header.find_first_of("\r\n");
    if (end == std::string_view::npos || end + 1 == header.size()) {
        if (end != std::string_view::npos && header[end] == '\n')
            return malformed{"a line feed alone"};
        if (header.size() == max_proxy_line) return malformed{"too long"};
        return more{};
    }
    if (header.substr(end) != "\r\n") return malformed{"a carriage return alone"};
    return read_line(header.substr(line_start.size(), end - line_start.size()));
}

// "PROXY UNKNOWN" and its end, which is shorter than any block.
constexpr std::size_t least_line = 15;

bool is_block(std::string_view header) { return header.front() == signature.front(); }

// How much of `piece` certainly belongs to the header.
std::size_t octets_to_take(std::string_view header, std::string_view piece) {
    if (header.empty()) return 1;
    std::size_t whole = max_proxy_line;
    if (is_block(header)) {
        whole = fixed_octets;
        if (header.size() >= fixed_octets) whole += number(header, fixed_octets - 2);
    } else if (const auto end = piece.find('\n'); end != std::string_view::npos) {
        whole = std::min(whole, header.size() + end + 1);
    }
    return std::min(piece.size(), whole - header.size());
}

void append_number(std::string& out, unsigned number) {
    out += static_cast<char>(number >> 8U & 0xffU);
    out += static_cast<char>(number & 0xffU);
}

void append_octets(std::string& out, const ip_address& address) {
    for (const auto one : address.octets())
        out += static_cast<char>(one);
}

// As it stands in a block of the source's family.
void append_destination(std::string& out, const ip_address& address, const ip_address& source) {
    constexpr std::string_view not_known("\0\0\0\0", ip_address::octets_v4);
    constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    if (source.is_v4() && !address.is_v4()) {
        out += not_known;
        return;
    }
    if (!source.is_v4() && address.is_v4()) out += mapped;
    append_octets(out, address);
}

} // namespace

proxy_next proxy_header_reader::feed(std::string_view piece) {
    std::size_t taken = 0;
    for (;;) {
        auto step = judge();
        if (auto* done = std::get_if<complete>(&step)) done->consumed = taken;
        if (!std::holds_alternative<more>(step) || taken == piece.size()) return step;
        const auto rest = piece.substr(taken);
        const auto part = rest.substr(0, octets_to_take(header_, rest));
        if (part.empty()) return malformed{"too long"}; // and never a loop, whatever the limits say
        header_ += part;
        taken += part.size();
    }
}

std::size_t proxy_header_reader::wanted() const {
    if (header_.size() < least_line) return least_line - header_.size();
    if (!is_block(header_)) return 1;
    std::size_t whole = fixed_octets;
    if (header_.size() >= fixed_octets) whole += number(header_, fixed_octets - 2);
    return whole - header_.size();
}

proxy_next proxy_header_reader::judge() const {
    if (header_.empty()) return more{};
    return is_block(header_) ? judge_block(header_) : judge_line(header_);
}

std::string proxy_header_v2(const ip_endpoint& source, const ip_endpoint& destination) {
    const bool v4 = source.address.is_v4();
    const auto family = v4 ? tcp_over_ipv4 : tcp_over_ipv6;
    std::string header(signature);
    header += static_cast<char>(command_proxy);
    header += static_cast<char>(family);
    append_number(header, static_cast<unsigned>(octets_needed(family)));
    append_octets(header, source.address);
    append_destination(header, destination.address, source.address);
    append_number(header, source.port);
    append_number(header, destination.port);
    return header;
}

} // namespace postseal::smtp
