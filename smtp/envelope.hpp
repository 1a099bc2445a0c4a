// SPDX-License-Identifier: Apache-2.0
// The envelope of one mail transaction: MAIL and every accepted RCPT with their parameters.
#pragma once

#include "smtp/mailbox.hpp"

#include <optional>
#include <string>
#include <vector>

namespace postseal::smtp {

/// An ESMTP parameter of MAIL or RCPT, `KEYWORD[=value]` (RFC 5321 §4.1.2); keyword in upper case.
struct parameter {
    std::string keyword;
    std::string value;
    bool operator==(const parameter&) const = default;
};

struct recipient {
    mailbox address;
    std::vector<parameter> parameters; ///< NOTIFY, ORCPT (RFC 3461)
    bool operator==(const recipient&) const = default;
};

struct envelope {
    std::optional<mailbox> sender;     ///< nothing for the null reverse-path <>
    std::vector<parameter> parameters; ///< of MAIL: SIZE, BODY, RET, ENVID, SMTPUTF8
    std::vector<recipient> recipients;
    bool operator==(const envelope&) const = default;
};

/// The original recipient of ORCPT=rfc822;… (decoded from xtext) or ORCPT=utf-8;… (RFC 6533 §3),
/// where it is a mailbox.
[[nodiscard]] std::optional<mailbox> original_recipient(const recipient& to);

} // namespace postseal::smtp
