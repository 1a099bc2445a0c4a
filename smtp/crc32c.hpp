// SPDX-License-Identifier: Apache-2.0
// CRC-32C (RFC 3720 Appendix B.4, RFC 9260 Appendix A), the checksum of PROXY headers.
#pragma once

#include <cstdint>
#include <string_view>

namespace postseal::smtp {

/// Of the pieces in turn, each of them with the result of the one before; the first with 0.
[[nodiscard]] std::uint32_t crc32c(std::string_view piece, std::uint32_t before = 0);

} // namespace postseal::smtp
