// SPDX-License-Identifier: Apache-2.0
// SHA-1, which version 4 fingerprints (RFC 4880 §12.2) and Web Key Directory names are made of.
// Neither leans on its collision resistance: GnuPG verifies, and a name only finds.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace postseal::keys {

/// Throws std::bad_alloc or std::runtime_error where OpenSSL cannot provide it.
[[nodiscard]] std::array<std::uint8_t, 20> sha1(std::string_view octets);

} // namespace postseal::keys
