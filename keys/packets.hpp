// SPDX-License-Identifier: Apache-2.0
// The key packet cleaner: from whatever a server or a file calls a key to single, small, plain
// certificates that GnuPG may be shown. It verifies no signature; it decides what is worth
// verifying. Fails: never; what is not understood is dropped and counted. No I/O. Limits: below;
// above a limit a certificate is refused whole, since half of one misleads.
#pragma once

#include "smtp/mailbox.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys {

inline constexpr std::size_t max_key_material = 4 * 1024 * 1024; ///< octets of one answer
inline constexpr std::size_t max_key_packets = 16'384;           ///< of one answer
inline constexpr std::size_t max_certificates = 8;               ///< of one answer
inline constexpr std::size_t max_certificate_size = 256 * 1024;  ///< octets, once cleaned
inline constexpr std::size_t max_user_ids = 32;                  ///< that match the address
inline constexpr std::size_t max_subkeys = 64;
inline constexpr std::size_t max_signatures = 512; ///< by the primary key
inline constexpr std::size_t max_mpi_bits = 16'384;

/// Why something was left out.
enum class removal {
    not_openpgp,   ///< an armored block that is broken or holds something else
    compressed,    ///< would be inflated without a limit by GnuPG
    secret_key,    ///< a person's mistake, and nothing that we want to touch
    key_version,   ///< of a primary key: GnuPG 2.2 rejects everything beside a v6 key
    key_algorithm, ///< of a primary key
    malformed_key, ///< of a primary key: its numbers do not fill the packet, or are too long
    adopted_key,   ///< a subkey is a primary key, its own or another certificate's
    too_many_certificates,
    too_many_parts, ///< user IDs, subkeys or signatures of one certificate
    too_large,
    other_user_id,       ///< does not name the address that was asked for
    no_matching_user_id, ///< so the certificate says nothing about the address
    unusable_subkey,     ///< version, algorithm or numbers
    foreign_signature,   ///< not issued by the primary key; designated revokers included
    broken_signature,
    misplaced_signature, ///< of a kind that says nothing about what stands before it
    unknown_packet,      ///< user attributes (photos) and all that is not named above
};

/// A clause for a person, "a compressed packet".
[[nodiscard]] std::string_view to_string(removal why);

struct removed {
    removal why;
    std::size_t count;
    bool operator==(const removed&) const = default;
};

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

} // namespace postseal::keys
