// SPDX-License-Identifier: Apache-2.0
// PGP/MIME (RFC 3156 §4): the inner entity that is encrypted, and the outer message that carries
// the ciphertext.
#pragma once

#include "message/header_section.hpp"
#include "message/sink.hpp"

#include <string>
#include <string_view>

namespace postseal::message {

/// The header block of the inner entity: the message's own MIME fields (Content-*) as raw bytes, a
/// Content-Type always (`text/plain` where there was none), and the empty line. MIME-Version stays
/// outside, and Content-Length goes. The caller writes the original body behind it verbatim, and a
/// CRLF where the body does not end with one, as Thunderbird does; a body from SMTP always does.
[[nodiscard]] std::string inner_header(const header_section& section);

/// True for MIME-Version and Content-*: fields that describe the body and move inside.
[[nodiscard]] bool is_structural(std::string_view field_name);

/// The structural fields of the sealed message itself, each ended by CRLF.
[[nodiscard]] std::string pgp_mime_fields(std::string_view boundary);

/// A boundary from `randomness` (at least 16 octets from the operating system, of which at most 32
/// count): it cannot occur in armor, and names no product.
[[nodiscard]] std::string make_boundary(std::string_view randomness);

/// Writes the whole sealed message: `outer_fields` (cleaned, without structural fields), the MIME
/// fields of multipart/encrypted, the control part, and `ciphertext` (binary OpenPGP) as armor.
/// All lines end with CRLF and none is longer than 78 octets, but for kept outer fields. `out` gets
/// pieces of about 64 KiB.
void write_pgp_mime(const sink& out, std::string_view outer_fields, std::string_view boundary,
                    std::string_view ciphertext);

} // namespace postseal::message
