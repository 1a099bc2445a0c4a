// SPDX-License-Identifier: Apache-2.0
#include "message/base64.hpp"

#include <algorithm>
#include <array>

namespace postseal::message {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Two characters for every twelve bits, so that three octets take two look-ups.
using pair = std::array<char, 2>;

constexpr std::array<pair, 4096> make_pairs() {
    std::array<pair, 4096> pairs{};
    for (std::size_t bits = 0; bits < pairs.size(); ++bits) {
        pairs[bits] = {alphabet[bits >> 6], alphabet[bits & 63]};
    }
    return pairs;
}

constexpr std::array<pair, 4096> pairs = make_pairs();

constexpr std::uint8_t not_base64 = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(not_base64);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}

constexpr std::array<std::uint8_t, 256> values = make_values();

char* write_quad(std::uint32_t bits, char* to) {
    to = std::copy_n(pairs[bits >> 12].data(), 2, to);
    return std::copy_n(pairs[bits & 0xFFF].data(), 2, to);
}

std::uint32_t octet(char c) { return static_cast<unsigned char>(c); }

} // namespace

std::size_t encode_base64(std::string_view octets, char* const text) {
    char* to = text;
    for (; octets.size() >= 3; octets.remove_prefix(3)) {
        to = write_quad(octet(octets[0]) << 16 | octet(octets[1]) << 8 | octet(octets[2]), to);
    }
    if (!octets.empty()) {
        const std::uint32_t second = octets.size() > 1 ? octet(octets[1]) : 0;
        to = write_quad(octet(octets[0]) << 16 | second << 8, to);
        to[-1] = '=';
        if (octets.size() == 1) to[-2] = '=';
    }
    return static_cast<std::size_t>(to - text);
}

bool base64_reader::take(std::string_view line) {
    if (padded_) return false;
    const auto digits = std::min(line.find('='), line.size());
    for (const char c : line.substr(0, digits)) {
        const std::uint32_t value = values[octet(c)];
        if (value == not_base64) return false;
        bits_ = bits_ << 6 | value;
        if (++held_ == 4) put_quad();
    }
    return digits == line.size() || pad(line.substr(digits));
}

void base64_reader::put_quad() {
    const std::array<char, 3> octets{static_cast<char>(bits_ >> 16), static_cast<char>(bits_ >> 8),
                                     static_cast<char>(bits_)};
    binary.append(octets.data(), octets.size());
    bits_ = 0;
    held_ = 0;
}

bool base64_reader::pad(std::string_view padding) {
    if (held_ < 2 || padding != std::string_view("==").substr(held_ - 2)) return false;
    const std::uint32_t left_over = held_ == 2 ? 4 : 2;
    if ((bits_ & ((1u << left_over) - 1)) != 0) return false;
    bits_ >>= left_over;
    if (held_ == 3) binary += static_cast<char>(bits_ >> 8);
    binary += static_cast<char>(bits_);
    held_ = 0;
    padded_ = true;
    return true;
}

} // namespace postseal::message
