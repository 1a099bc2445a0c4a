// SPDX-License-Identifier: Apache-2.0
// The header section of a message or body part (RFC 5322 §2.2) as raw fields: every byte, fold and
// order kept, so that what is not meant to change does not.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::message {

/// One field. The views point into the bytes that were read.
struct header_field {
    std::string_view raw;  ///< the whole field with folds and its final CRLF
    std::string_view name; ///< up to the colon, without trailing space; empty for a line that is no
                           ///< field (an mbox "From " line, garbage)

    /// Everything after the colon, folds and outer white space as they are.
    [[nodiscard]] std::string_view body() const;
};

/// Unfolded (RFC 5322 §2.2.3) and trimmed.
[[nodiscard]] std::string unfolded(const header_field& field);

struct header_section {
    std::vector<header_field> fields;
    std::size_t body_offset = 0; ///< where the body starts: after the empty line, or the end
    bool terminated = false;     ///< an empty line was there

    /// The first field of that name (ASCII case-insensitive), or nothing.
    [[nodiscard]] const header_field* find(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;
};

/// Reads the header section at the start of `entity`. Cannot fail: the first line that is neither a
/// field nor a fold ends the section as if an empty line stood before it only when it is not a
/// plausible field; see the source for the exact rule.
[[nodiscard]] header_section read_header_section(std::string_view entity);

} // namespace postseal::message
