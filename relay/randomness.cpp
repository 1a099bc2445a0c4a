// SPDX-License-Identifier: Apache-2.0
#include "relay/randomness.hpp"

#include "message/trace.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

namespace postseal::relay {

std::string random_bytes(std::size_t octets) {
    std::string bytes(octets, '\0');
    std::size_t filled = 0;
    while (filled < octets) {
        const auto got = ::getrandom(bytes.data() + filled, octets - filled, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) throw std::system_error(errno, std::generic_category(), "getrandom");
        filled += static_cast<std::size_t>(got);
    }
    return bytes;
}

std::uint32_t random_number() {
    std::uint32_t drawn = 0;
    const auto bytes = random_bytes(sizeof drawn);
    std::memcpy(&drawn, bytes.data(), sizeof drawn);
    return drawn;
}

std::string random_id() {
    constexpr auto alphabet = message::id_letters;
    static_assert(alphabet.size() == 32);
    auto id = random_bytes(message::id_size);
    for (auto& c : id)
        c = alphabet[static_cast<unsigned char>(c) % alphabet.size()];
    return id;
}

} // namespace postseal::relay
