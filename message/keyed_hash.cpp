// SPDX-License-Identifier: Apache-2.0
#include "message/keyed_hash.hpp"

#include <cstdint>

namespace postseal::message {

std::string to_letters(std::string_view octets, std::size_t count) {
    std::string letters;
    std::uint64_t bits = 0;
    int left = 0;
    for (const char octet : octets) {
        bits = bits << 8U | static_cast<unsigned char>(octet);
        for (left += 8; left >= 5 && letters.size() < count; left -= 5)
            letters += id_letters[bits >> (left - 5) & 31U];
    }
    return letters;
}

} // namespace postseal::message
