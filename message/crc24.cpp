// SPDX-License-Identifier: Apache-2.0
#include "message/crc24.hpp"

#include <array>
#include <cstddef>

namespace postseal::message {

namespace {

// The register stands in the upper three octets of a word, so that the polynomial 0x1864CFB leaves
// at the top and four octets of input can be added in one step.
constexpr std::uint32_t polynomial = 0x864CFBu << 8;

// "Slicing": tables[k][b] is what octet b leaves in the register after k further octets, which lets
// 16 octets be looked up independently of one another. One armor line is three such strides.
constexpr std::size_t stride = 16;
using table = std::array<std::uint32_t, 256>;

constexpr std::array<table, stride> make_tables() {
    std::array<table, stride> tables{};
    for (std::uint32_t octet = 0; octet < 256; ++octet) {
        std::uint32_t crc = octet << 24;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 0x80000000u) != 0 ? (crc << 1) ^ polynomial : crc << 1;
        }
        tables[0][octet] = crc;
    }
    for (std::size_t k = 1; k < stride; ++k) {
        for (std::size_t octet = 0; octet < 256; ++octet) {
            const std::uint32_t before = tables[k - 1][octet];
            tables[k][octet] = (before << 8) ^ tables[0][before >> 24];
        }
    }
    return tables;
}

constexpr std::array<table, stride> tables = make_tables();

std::uint32_t octet_at(const char* from, std::size_t index) {
    return static_cast<unsigned char>(from[index]);
}

} // namespace

std::uint32_t crc24(std::uint32_t so_far, std::string_view octets) {
    std::uint32_t crc = so_far << 8;
    while (octets.size() >= stride) {
        const char* const from = octets.data();
        std::uint32_t next = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            next ^= tables[stride - 1 - i][(crc >> (24 - 8 * i) & 0xFF) ^ octet_at(from, i)];
        }
        for (std::size_t i = 4; i < stride; ++i) {
            next ^= tables[stride - 1 - i][octet_at(from, i)];
        }
        crc = next;
        octets.remove_prefix(stride);
    }
    for (const char octet : octets) {
        crc = (crc << 8) ^ tables[0][(crc >> 24) ^ static_cast<unsigned char>(octet)];
    }
    return crc >> 8;
}

} // namespace postseal::message
