// SPDX-License-Identifier: Apache-2.0
// Header protection (RFC 9788): the header section goes inside the sealed part too, and outside
// stands only what the mail has to show.
//
// The message's own entity becomes the single part of a new multipart/mixed, whose header section
// carries the protected fields: nothing of the original is edited, and readers that know nothing of
// it show the message as it was. There is no legacy display: it would edit bodies.
#pragma once

#include "message/header_section.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace postseal::message {

/// Which fields are hidden outside (RFC 9788 §3.2, Header Confidentiality Policies).
enum class protection_policy {
    off,      ///< no header protection at all
    baseline, ///< the subject is "[...]"; what repeats it, Comments and Keywords go
    shy,      ///< and addresses stand without names, dates in UTC
};

/// Whether the subject stands outside as it is although the header is protected.
enum class subject_outside { hidden, shown };

/// The words of the policy file.
[[nodiscard]] std::string_view to_string(protection_policy what);
[[nodiscard]] std::string_view to_string(subject_outside what);

/// How the header of a sealed message is protected.
struct header_protection {
    protection_policy policy = protection_policy::off;
    subject_outside subject = subject_outside::hidden;
    auto operator<=>(const header_protection&) const = default;
};

struct protected_header {
    std::string outer;  ///< fields outside, without structural ones; each ends with CRLF
    std::string before; ///< of the entity to seal: all in front of the original entity
    std::string after;  ///< and all behind it, which ends with CRLF
};

/// `cleaned` are the fields that may leave, already cleaned, without structural ones; `boundary` is
/// one that the original body has not (make_boundary). An HP-Outer field of somebody else's goes.
[[nodiscard]] protected_header protect_header(std::string_view cleaned, header_protection how,
                                              std::string_view boundary);

} // namespace postseal::message
