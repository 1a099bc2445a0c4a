// SPDX-License-Identifier: Apache-2.0
// The parts of a MIME message (RFC 2046 §5.1) as views into its bytes; no body is ever copied.
//
// Fails: never. What other readers may take apart in another way has a `doubt`, in words for the
// log; what is beyond the limits stays one piece, with a doubt too. Attached messages
// (message/rfc822) are leaves: what is in them was protected for someone else.
//
// Limits: the constants below. Each level is searched once for the boundaries of its own parts, so
// the whole takes at most max_depth passes, whatever the boundaries are and wherever they stand.
#pragma once

#include "message/header_section.hpp"
#include "message/mime_field.hpp"
#include "message/transfer_encoding.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::message {

inline constexpr std::size_t max_depth = 10;
inline constexpr std::size_t max_parts = 200; ///< of the whole message
inline constexpr std::size_t max_part_header =
    64 * 1024;                                  ///< octets; the message's own may be larger
inline constexpr std::size_t max_boundary = 70; ///< RFC 2046 §5.1.1

struct part {
    std::string type; ///< "text/plain", in lower case, also where no Content-Type says so
    mime_field content_type;
    mime_field disposition;
    transfer_encoding encoding = transfer_encoding::identity;
    std::string_view body;        ///< encoded as it stands
    std::size_t label_octets = 0; ///< of all fields that describe it
    std::vector<part> children;   ///< of a multipart
    std::string_view doubt;       ///< about this part alone; empty where there is none

    [[nodiscard]] bool is_multipart() const { return type.starts_with("multipart/"); }
};

struct part_tree {
    part root;
    std::size_t octets_searched = 0; ///< for boundaries, all levels together: what the work was
};

/// `section` is the header section of `message`.
[[nodiscard]] part_tree read_parts(std::string_view message, const header_section& section);

} // namespace postseal::message
