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
    std::size_t header_size =
        0;                  ///< octets before the body (with partial lengths: the first header)
    std::string_view whole; ///< header and body as they stand
    std::string_view body;  ///< empty for partial lengths: the body is not contiguous
    bool partial = false;
};

/// Splits a stream that ends exactly at its last packet; nothing for anything else (truncated,
/// indeterminate length, reserved tag, more than `max_packets`, or partial lengths where they are
/// not allowed). An empty stream has no packets.
[[nodiscard]] std::optional<std::vector<packet>> split_packets(std::string_view stream,
                                                               std::size_t max_packets = 4096);

/// The shape of an encrypted message: session key packets, then one encrypted data packet
/// (RFC 4880 §11.3) and nothing else, but for marker packets, which mean nothing.
struct encrypted_message {
    std::vector<std::uint64_t> key_ids;     ///< of each PKESK; 0 for a hidden recipient and for the
                                            ///< version 6, which names keys by fingerprint
    std::size_t symmetric_session_keys = 0; ///< SKESK packets
    std::uint8_t data_tag = 0;              ///< 18: SEIPD; 9: the old one; 20: GnuPG 2.3's OCB
    bool integrity_protected = false;       ///< not the old tag 9
    std::size_t session_key_octets = 0;     ///< where the encrypted data packet begins
};

/// Nothing where there is no session key packet, one of unknown version, or more than 4096; where
/// the data packet does not reach exactly to the end; and for any other packet. Reads the packet
/// headers only, however large the message.
[[nodiscard]] std::optional<encrypted_message> read_encrypted_message(std::string_view binary);

/// The session key packets of `binary` with new-format headers: some receivers refuse old ones.
/// Bodies and order stay, marker packets go. Empty for what read_encrypted_message does not accept.
[[nodiscard]] std::string session_keys_in_new_format(std::string_view binary);

} // namespace postseal::message
