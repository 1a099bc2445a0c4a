// SPDX-License-Identifier: Apache-2.0
// The key packet cleaner: from whatever a server or a file calls a key to single, small, plain
// certificates that GnuPG may be shown. It verifies no signature; it decides what is worth
// verifying. Fails: never; what is not understood is dropped and counted. No I/O. Limits: below;
// above a limit a certificate is refused whole, since half of one misleads.
#pragma once

#include "keys/removal.hpp"
#include "smtp/mailbox.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys {

inline constexpr std::size_t max_key_material = 4 * 1024 * 1024; ///< octets of one answer
inline constexpr std::size_t max_key_packets = 16'384;           ///< of one answer
inline constexpr std::size_t max_primary_keys = 1024;            ///< of one answer, whoever's
inline constexpr std::size_t max_certificates = 8;               ///< that name the address
inline constexpr std::size_t max_certificate_size = 256 * 1024;  ///< octets, once cleaned
inline constexpr std::size_t max_user_ids = 32;                  ///< that match the address
inline constexpr std::size_t max_subkeys = 64;
inline constexpr std::size_t max_signatures = 512; ///< by the primary key
inline constexpr std::size_t max_mpi_bits = 16'384;
/// Of an RSA public exponent, 65,537 in practice. With a large one, each signature of a hostile
/// certificate would keep gpg busy for a quarter of a second.
inline constexpr std::size_t max_exponent_bits = 64;

/// Exactly one certificate, with only the user IDs of the address and the primary's own signatures.
struct cleaned_certificate {
    std::string fingerprint;                      ///< of the primary key, hex in upper case
    std::string bytes;                            ///< binary packets
    std::vector<std::string> subkey_fingerprints; ///< hex in upper case
};

struct cleaning {
    enum class verdict {
        cleaned,  ///< there is at least one certificate
        unusable, ///< these were keys, but nothing is left for the address
        not_keys, ///< HTML, an empty body, a truncated stream: the source failed
    };
    verdict result = verdict::not_keys;
    std::vector<cleaned_certificate> certificates; ///< in the order of the material
    std::vector<removed> left_out;                 ///< one entry a kind
    std::string reason;                            ///< where none is left: a clause for a person
};

/// `material` is binary or armored, with any number of certificates and armored blocks.
/// Certificates with the same primary key become one with the signatures of all: a key cleaned
/// before, put in front of the same key served again (both binary), keeps its revocation.
[[nodiscard]] cleaning clean_packets(std::string_view material, const smtp::mailbox& address);

/// Is there room for another one of the usual kind beside it? What fills more than half of a limit
/// could make every later one of the same key too large to be judged.
[[nodiscard]] bool leaves_room(const cleaned_certificate& one);

} // namespace postseal::keys
