// SPDX-License-Identifier: Apache-2.0
// Key material as people and servers hand it over, turned into binary packet streams. No I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys {

/// Armored blocks that are given up on before the rest of a text is not looked at any more: a
/// broken block may be scanned to the end of the text.
inline constexpr std::size_t max_broken_blocks = 8;

struct key_material {
    std::vector<std::string> streams; ///< binary; one an armored block, or the whole
    std::size_t broken = 0;           ///< armored blocks that are damaged or hold no key
};

/// Binary where the first octet cannot begin a text (packet tags have bit 7 set), else armor.
[[nodiscard]] key_material read_key_material(std::string_view material);

} // namespace postseal::keys
