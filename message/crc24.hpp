// SPDX-License-Identifier: Apache-2.0
// The checksum at the foot of ASCII armor (RFC 4880 §6.1). It finds accidents, not attackers.
#pragma once

#include <cstdint>
#include <string_view>

namespace postseal::message {

inline constexpr std::uint32_t crc24_start = 0xB704CE;

/// The checksum of what was summed up so far, followed by `octets`.
[[nodiscard]] std::uint32_t crc24(std::uint32_t so_far, std::string_view octets);

} // namespace postseal::message
