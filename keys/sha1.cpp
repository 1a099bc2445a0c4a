// SPDX-License-Identifier: Apache-2.0
#include "keys/sha1.hpp"

#include <openssl/evp.h>

#include <stdexcept>

namespace postseal::keys {

std::array<std::uint8_t, 20> sha1(std::string_view octets) {
    std::array<std::uint8_t, 20> digest{};
    unsigned int length = 0;
    if (EVP_Digest(octets.data(), octets.size(), digest.data(), &length, EVP_sha1(), nullptr) !=
            1 ||
        length != digest.size())
        throw std::runtime_error("OpenSSL provides no SHA-1 on this system");
    return digest;
}

} // namespace postseal::keys
