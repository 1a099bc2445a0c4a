// SPDX-License-Identifier: Apache-2.0
// Header cleaning: removes and normalises the fields that identify the sender's software, device
// and network. Kept fields keep their bytes, their order and their folding.
#pragma once

#include "message/cleaning.hpp"
#include "message/header_section.hpp"
#include "message/message_ids.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace postseal::message {

/// What happens to a field, and why: one row of the catalogue (docs/headers.md shows it).
enum class field_action { keep, remove, normalise };

struct catalogue_row {
    std::string_view pattern; ///< field name in any case; a '*' at its end matches any rest
    field_action standard;
    field_action strict;
    std::string_view reason;
};

/// The rows under one heading of the document.
struct catalogue_part {
    std::string_view heading;
    std::vector<catalogue_row> rows;
};
[[nodiscard]] const std::vector<catalogue_part>& catalogue_parts();

/// Every field that a profile knows, first match decides. A field that is in no row is kept. The
/// empty pattern stands for an mbox "From " line.
[[nodiscard]] const std::vector<catalogue_row>& catalogue();

[[nodiscard]] field_action action_for(std::string_view field_name, const chosen_profile& chosen);

/// One change, for the log and for `explain`.
struct header_change {
    std::string name; ///< as written; empty for an mbox line
    field_action action;
};

struct cleaned_header {
    std::string bytes; ///< the fields that stay, each ended by CRLF; no empty line at the end
    std::vector<header_change> changes;
};

/// Whether the message body is rewritten (sealed). Then these leave the outer header section,
/// whatever the profile: MIME-Version and Content-*, which message::inner_header and write_pgp_mime
/// write anew; DKIM and ARC signatures and Lines, which no longer fit the body; Bcc; and an mbox
/// line. With the body kept, profile `off` changes nothing at all, but for cleaning::asked.
enum class content { kept, rewritten };

/// `ids` is for id_form::hmac. While the body is kept, a change and a signature over it never leave
/// together: see signature_rule.
[[nodiscard]] cleaned_header clean_header(const header_section& section, const cleaning& how,
                                          content body, const id_disguise& ids = {});

/// What this hop writes in front: one neutral Received line in UTC (RFC 5321 §4.4) that names
/// neither client nor recipient. Host and token come from the configuration and from us: they are
/// not escaped.
struct received_line {
    std::string by;     ///< our host name
    std::string with;   ///< ESMTP, SMTP, LMTP
    std::string token;  ///< opaque: tells our own loops
    long long time = 0; ///< seconds since the epoch
};
[[nodiscard]] std::string to_field(const received_line& line);

} // namespace postseal::message
