// SPDX-License-Identifier: Apache-2.0
// Command lines of a client (RFC 5321 §4.1), parsed into values; the error is the reply.
#pragma once

#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace postseal::smtp {

/// Octets of a command line without its CRLF. RFC 5321 §4.5.3.1.4 asks for 512; parameters of
/// extensions add to that.
inline constexpr std::size_t max_command_line = 2048;
/// The same of AUTH and of a client's responses (RFC 4954 §4 and §4.5, with CRLF): tokens are long.
inline constexpr std::size_t max_auth_line = 12288 - 2;

struct ehlo {
    std::string domain; ///< what the client calls itself; printable, never trusted
};
struct helo {
    std::string domain;
};
/// The hello of LMTP (RFC 2033 §4.1).
struct lhlo {
    std::string domain;
};
struct mail {
    std::optional<mailbox> sender;
    std::vector<parameter> parameters;
};
struct rcpt {
    recipient to;
};
struct data {};
/// So many octets of the message stand behind the line (RFC 3030 §2).
struct bdat {
    std::uint64_t octets = 0;
    bool last = false;
};
struct rset {};
struct noop {};
struct quit {};
struct vrfy {};
/// Attributes of a trusted proxy (Postfix XFORWARD_README), values decoded from xtext.
struct xforward {
    std::vector<parameter> attributes;
};

struct starttls {};
/// Characters of a mechanism's name (RFC 4422 §3.1).
inline constexpr std::size_t max_mechanism = 20;

/// Not to be printed: the initial response is a credential.
struct auth {
    std::string mechanism;                       ///< upper case
    std::optional<std::string> initial_response; ///< base64, its alphabet checked; empty for "="
};

using command = std::variant<ehlo, helo, lhlo, mail, rcpt, data, bdat, rset, noop, quit, vrfy,
                             xforward, starttls, auth>;

/// `line` without CRLF. Errors: 500 5.5.2 unknown or unreadable, 500 5.5.6 AUTH too long, 501 5.5.4
/// bad argument, 501 5.5.2 no base64, 502 5.5.1 known but never offered (EXPN, HELP, ETRN, …),
/// 553 5.1.3 (of MAIL: 5.1.7) routing marks, 553 5.1.3 / 501 5.1.7 bad address, 555 5.5.4 parameter
/// not supported.
[[nodiscard]] boost::system::result<command, reply>
parse_command(std::string_view line, routing_marks marks = routing_marks::refused);

/// Was a line, readable or not, meant to be BDAT?
[[nodiscard]] bool is_bdat(std::string_view line);

/// For a command that exists, but not for this client.
[[nodiscard]] reply not_offered();

/// The lines for a next hop, without CRLF, built only from validated values.
[[nodiscard]] std::string mail_line(const std::optional<mailbox>& sender,
                                    const std::vector<parameter>& parameters);
[[nodiscard]] std::string rcpt_line(const recipient& to);
/// One or more XFORWARD lines, each within 512 octets, values in xtext; only attributes in
/// `offered`.
[[nodiscard]] std::vector<std::string> xforward_lines(const std::vector<parameter>& attributes,
                                                      const std::vector<std::string>& offered);

} // namespace postseal::smtp
