// SPDX-License-Identifier: Apache-2.0
// Why the packet cleaner leaves something out.
#pragma once

#include <cstddef>
#include <string_view>

namespace postseal::keys {

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

} // namespace postseal::keys
