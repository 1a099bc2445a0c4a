// SPDX-License-Identifier: Apache-2.0
// What becomes of each field of a header section: the section as it came beside the one that
// leaves. For people; nothing is decided here, and whatever made the one of the other, this is what
// came of it.
#pragma once

#include "message/header_section.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace postseal::message {

enum class field_fate { removed, replaced, added };

[[nodiscard]] std::string_view to_string(field_fate what);

struct field_change {
    std::string name; ///< as written; empty for an mbox line
    field_fate fate = field_fate::removed;
    std::string before;  ///< unfolded, as it came; of an added one empty
    std::string after;   ///< unfolded, as it leaves; of a removed one empty
    bool inside = false; ///< as it came, it stands in the sealed part
};

/// Every field that does not leave as it came: those of `before` in their order, then those that
/// are new. `outside` is the header section that leaves, `inside` all that a sealed one has within.
[[nodiscard]] std::vector<field_change> compare_headers(const header_section& before,
                                                        std::string_view outside,
                                                        const std::vector<std::string>& inside);

} // namespace postseal::message
