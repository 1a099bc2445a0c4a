// SPDX-License-Identifier: Apache-2.0
// Whether a plaintext is compressed before it is encrypted. Mostly not: how well something
// compresses tells of what it is, and mail is compressed enough where it is large. It is when the
// message would not be taken otherwise.
#pragma once

#include <cstdint>

namespace postseal::seal {

enum class compression : std::uint8_t {
    none,
    if_all_can, ///< ZLIB or ZIP, whichever all recipients' keys say that they read; else none
};

} // namespace postseal::seal
