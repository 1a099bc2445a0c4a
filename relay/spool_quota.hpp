// SPDX-License-Identifier: Apache-2.0
// How much the spool may hold. Held mail is taken only where it leaves half of it to the others, or
// lies in it alone: who waits for somebody's key server for a day must leave them room.
#pragma once

#include <cstddef>
#include <cstdint>

namespace postseal::relay {

struct spool_quota {
    std::uint64_t octets = 1ULL << 30; ///< of content
    std::size_t entries = 10'000;
    unsigned warn_percent = 80; ///< of either, from which somebody should look
};

} // namespace postseal::relay
