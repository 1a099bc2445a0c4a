// SPDX-License-Identifier: Apache-2.0
// Unpredictable bytes from the operating system, for boundaries and message identifiers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace postseal::relay {

/// Throws std::system_error where the system has none (it always has).
[[nodiscard]] std::string random_bytes(std::size_t octets);

/// For jitter.
[[nodiscard]] std::uint32_t random_number();

/// An identifier of 16 characters (80 bits), for logs, Received fields and Message-ID-like places.
[[nodiscard]] std::string random_id();

} // namespace postseal::relay
