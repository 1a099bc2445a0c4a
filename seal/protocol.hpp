// SPDX-License-Identifier: Apache-2.0
// What the relay and a sealer say to each other, one packet a request and one an answer. Both ends
// come from one build, so there is no version. The relay reads answers as hostile input: GnuPG
// parsed unknown bytes in the process that wrote them.
// Fails: reading gives nothing for anything but one whole, well-formed message.
#pragma once

#include "keys/inspection.hpp"
#include "seal/compression.hpp"
#include "seal/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::seal {

/// The descriptor under which a sealer finds its end of the socket.
inline constexpr int sealer_socket = 3;

/// Recipients of one message: Postfix's smtpd_recipient_limit. Each costs a sealer one descriptor.
inline constexpr std::size_t max_recipients = 1000;

/// Octets of one certificate: far above what the key cleaner lets through.
inline constexpr std::size_t max_certificate = 8u << 20;

/// Octets of one packet, and of the lists in an answer: what a person's certificate never reaches.
inline constexpr std::size_t max_packet = 64u << 10;
inline constexpr std::size_t max_addresses = 64;
inline constexpr std::size_t max_address = 320; // RFC 5321: 64 + "@" + 255
inline constexpr std::size_t max_encryption_keys = 128;
inline constexpr std::size_t max_algorithm = 32; // "brainpoolP256r1"

/// The numbers are also how many descriptors come with the request, in this order: certificates
/// (one behind the other in one file), plaintext, room for the ciphertext.
enum class task : std::uint8_t { inspect = 1, encrypt = 3 };

[[nodiscard]] constexpr std::size_t descriptors_for(task wanted) {
    return static_cast<std::size_t>(wanted);
}

struct request {
    task wanted = task::inspect;
    std::chrono::seconds cpu{};                    ///< what the sealer and gpg may each use up
    seal::compression packing = compression::none; ///< of task::encrypt
    std::vector<std::uint32_t> certificate_sizes;  ///< where the file of certificates is divided
};

/// Also sent once, empty, by a sealer that is ready to work.
struct answer {
    keys::inspection seen; ///< of task::inspect
    std::optional<errc> failed;
};

[[nodiscard]] std::string to_packet(const request& asked);
[[nodiscard]] std::string to_packet(const answer& given);
[[nodiscard]] std::optional<request> read_request(std::string_view packet);
[[nodiscard]] std::optional<answer> read_answer(std::string_view packet);

} // namespace postseal::seal
