// SPDX-License-Identifier: Apache-2.0
// The header section of a message or body part (RFC 5322 §2.2) as raw fields: every byte, fold and
// order kept, so that what is not meant to change does not.
//
// Where it ends, line by line. A field is a name (printable ASCII, no space, no colon), perhaps
// white space, and a colon. A line that starts with white space belongs to the field above it. The
// empty line ends the section. A first line that starts with "From " or ">From " is what an mbox
// file leaves, and is kept as a field without a name. Any other line starts the body, as if an
// empty line stood before it: so do Postfix and Exim behind us, and so the text of a sender who
// forgot the empty line is sealed with the body and not shown among the fields. Nothing is skipped:
// the fields' bytes, the empty line and the body are the entity.
//
// Some mail readers search for further fields behind such a line, and would see another structure
// than we do. Nobody can serve both; the section says that it is `doubtful`, and classification
// then trusts no label in it.
//
// Limits: none here; the relay caps the section of a message, message/parts.hpp that of a part.
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
    std::string_view name; ///< up to the colon, without trailing space; empty for the mbox line

    /// Everything after the colon, folds and outer white space as they are, without the final CRLF.
    [[nodiscard]] std::string_view body() const;
};

/// Unfolded (RFC 5322 §2.2.3) and trimmed.
[[nodiscard]] std::string unfolded(const header_field& field);

struct header_section {
    std::vector<header_field> fields;
    std::size_t body_offset = 0; ///< where the body starts: after the empty line, or the end
    bool terminated = false;     ///< an empty line was there
    bool doubtful = false;       ///< other readers may see other fields in these bytes

    /// The first field of that name (ASCII case-insensitive), or nothing.
    [[nodiscard]] const header_field* find(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;
};

/// Reads the header section at the start of `entity`. Cannot fail. Lines end with LF, whether or
/// not a CR stands before it.
[[nodiscard]] header_section read_header_section(std::string_view entity);

} // namespace postseal::message
