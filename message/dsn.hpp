// SPDX-License-Identifier: Apache-2.0
// Delivery status notifications (RFC 3464 in the multipart/report of RFC 6522): what the sender is
// told when we owe an answer that no SMTP reply can give any more.
//
// Three parts: words for a person, fields for programs, and some header fields of the message, so
// that its sender knows which one is meant. Never its content: RET=FULL is treated as HDRS (RFC
// 3461 §4.3 lets a server do so), for a notification is clear text.
//
// Everything from outside (replies, addresses, ENVID, ORCPT, header fields) is made visible() and
// folded or encoded. The message is ASCII whatever came in, but for a From or To beyond ASCII
// (needs_smtputf8): of RFC 6533 we use the form that every mail server and reader can take, which
// is message/delivery-status with addresses of type utf-8 in \x{…}, and not its
// message/global-delivery-status. No line is longer than 998 octets, and all end with CRLF.
#pragma once

#include "message/clean.hpp"
#include "message/header_section.hpp"
#include "message/sink.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace postseal::message {

/// What became of a recipient's copy.
enum class delivery_event {
    refused, ///< permanently; Action: failed
    expired, ///< tried for as long as we try; Action: failed, Status: 4.4.7
    delayed, ///< still being tried; Action: delayed
    relayed, ///< taken by a server that sends no notifications (RFC 3461 §5.2.2); Action: relayed
};

struct recipient_report {
    smtp::recipient to; ///< ORCPT is told as Original-Recipient
    delivery_event what = delivery_event::refused;
    /// The last reply, for Diagnostic-Code and, by the enhanced code in it, Status. As smtp::reply
    /// has it: `enhanced` is set exactly where the words are ours and not a mail server's. A code
    /// of 0: there was none.
    smtp::reply said;
    std::string said_by;                    ///< host name of that mail server; empty: not told
    std::optional<long long> last_attempt;  ///< seconds since the epoch, like all times here
    std::optional<long long> retried_until; ///< told of what is delayed
};

struct dsn {
    smtp::mailbox from;         ///< whose address stands in From: the house's postmaster
    smtp::mailbox to;           ///< the sender of the message; the DSN's own sender is always <>
    std::string reporting_host; ///< our host name
    long long time = 0;         ///< of the notification
    std::string message_id;     ///< of the notification: "left@right"
    std::string boundary;       ///< of make_boundary
    long long arrived = 0;      ///< when the message came
    std::vector<smtp::parameter> mail_parameters; ///< of its MAIL: ENVID is told
    std::vector<recipient_report> recipients;     ///< not empty
    std::string original_header;                  ///< of original_header()
};

/// What a notification shows of a message's header section: fields by which its sender knows it
/// again (addresses, Date, Subject, Message-ID and its references, list and loop marks), as far as
/// the profile lets them go, `off` being treated as `standard`. Bcc never; nor what could hold more
/// than a person wrote there to be seen: unknown fields, a list's password (Approved), the names of
/// attachments (Content-*). Ends with CRLF, unless it is empty.
[[nodiscard]] std::string original_header(const header_section& section, profile chosen);

/// Octets of original_header(): fields beyond it are left out whole.
inline constexpr std::size_t max_original_header = 32'768;

/// Its address in From or To is beyond ASCII: MAIL needs SMTPUTF8 (RFC 6531).
[[nodiscard]] bool needs_smtputf8(const dsn& notice);

/// The whole message, from its first header field to the closing delimiter.
void write_dsn(const sink& out, const dsn& notice);

} // namespace postseal::message
