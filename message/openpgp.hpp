// SPDX-License-Identifier: Apache-2.0
// OpenPGP packet framing (RFC 4880 §4.2): enough to see what a stream is, never its secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::message {

/// One packet as it stands in the stream.
struct packet {
    std::uint8_t tag = 0;
    bool old_format = false;
    std::size_t header_size = 0; ///< octets before the body (with partial lengths: the first header)
    std::string_view whole;      ///< header and body as they stand
    std::string_view body;       ///< empty for partial lengths: the body is not contiguous
    bool partial = false;
};

/// Splits a stream that ends exactly at its last packet; nothing for anything else (truncated,
/// indeterminate length, reserved tag, more than `max_packets`).
[[nodiscard]] std::optional<std::vector<packet>> split_packets(std::string_view stream,
                                                               std::size_t max_packets = 4096);

/// The shape of an encrypted message: session key packets, then one encrypted data packet
/// (RFC 4880 §11.3) and nothing else.
struct encrypted_message {
    std::vector<std::uint64_t> key_ids;    ///< of each PKESK v3; 0 for a hidden recipient
    std::size_t symmetric_session_keys = 0; ///< SKESK packets
    bool integrity_protected = false;      ///< SEIPD (tag 18), not the old tag 9
    std::size_t session_key_octets = 0;    ///< where the encrypted data packet begins
};
[[nodiscard]] std::optional<encrypted_message> read_encrypted_message(std::string_view binary);

/// The session key packets of `binary` with new-format headers: some receivers refuse old ones.
/// `binary` must be one that read_encrypted_message accepts.
[[nodiscard]] std::string session_keys_in_new_format(std::string_view binary);

} // namespace postseal::message
