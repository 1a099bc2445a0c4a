// SPDX-License-Identifier: Apache-2.0
#include "smtp/crc32c.hpp"

namespace postseal::smtp {

// Bit by bit: what it is for has some hundred octets, and no table is worth its place.
std::uint32_t crc32c(std::string_view piece, std::uint32_t before) {
    constexpr std::uint32_t polynomial = 0x82f63b78; // reflected
    auto crc = ~before;
    for (const char c : piece) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1U ^ (crc % 2 == 0 ? 0 : polynomial);
    }
    return ~crc;
}

} // namespace postseal::smtp
