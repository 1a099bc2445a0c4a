// SPDX-License-Identifier: Apache-2.0
// Messages between programs, which policy may leave alone: each has a shape, and only the whole
// shape counts. A forwarded invitation beside a letter, or a report's label on one, is a letter.
//
// Whoever wants to can still write a letter into such a shape. That is why an exemption never
// overrides a rule that requires encryption.
#pragma once

#include "message/header_section.hpp"
#include "message/parts.hpp"

namespace postseal::message {

/// RFC 6522: multipart/report of an explanation, a part for programs that its report-type names,
/// and perhaps the message that it is about.
[[nodiscard]] bool is_report(const part& root, const header_section& section);

/// RFC 6047: the message, or one alternative of its text, is a calendar with a method; what is
/// attached beside it is that calendar again.
[[nodiscard]] bool is_invitation(const part& root);

/// RFC 2046 §5.2.2: message/partial that is one of several.
[[nodiscard]] bool is_fragment(const part& root, const header_section& section);

/// An Autocrypt Setup Message (Autocrypt level 1 §4.4), or a short Secure-Join handshake in clear.
[[nodiscard]] bool is_key_exchange(const part& root, const header_section& section);

} // namespace postseal::message
