// SPDX-License-Identifier: Apache-2.0
// A body part of text in the plainest encoding that carries it through any mail server: seven bits,
// else quoted-printable (RFC 2045 §6.7).
#pragma once

#include <string>
#include <string_view>

namespace postseal::message {

/// The part's own header section, the empty line, and `text` (lines end with CRLF, the last one
/// too; the rest is visible() text). 7bit where all is ASCII, no line is longer than 998 octets,
/// and `boundary` stands nowhere in it; else quoted-printable and charset utf-8.
[[nodiscard]] std::string text_part(std::string_view media_type, std::string_view text,
                                    std::string_view boundary);

/// Lines of at most 76 octets; CRLF stays a line end, everything else that is not visible ASCII
/// is encoded, a lone CR or LF too.
[[nodiscard]] std::string encode_quoted_printable(std::string_view text);

} // namespace postseal::message
