// SPDX-License-Identifier: Apache-2.0
// XCLIENT (Postfix XCLIENT_README): we tell the next hop whose session this is, and it decides as
// if that client stood before it. It is authority: it is never offered to a client, and never taken
// from one (see command.hpp).
#pragma once

#include "smtp/extensions.hpp"
#include "smtp/ip_endpoint.hpp"
#include "smtp/reply.hpp"

#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <vector>

namespace postseal::smtp {

/// The client's hello: HELO or EHLO.
enum class client_protocol { smtp, esmtp };

/// Whose session it is. Nothing in it need be clean: what cannot be said is left out.
struct xclient {
    ip_endpoint source;                      ///< the client
    ip_endpoint destination;                 ///< what it has connected to
    std::optional<std::string> name;         ///< of the client in DNS, confirmed
    std::optional<std::string> reverse_name; ///< in DNS, not confirmed
    std::string helo;                        ///< what the client calls itself
    client_protocol proto = client_protocol::esmtp;
    /// As whom the next hop is to take the client, without proof: only for somebody who has proved
    /// it to us.
    std::optional<std::string> login;
};

/// The lines, without CRLF, each within 512 octets, values in xtext; only attributes that the next
/// hop has offered. One after another: the answer to each is 220, and EHLO only follows the last.
///
/// NAME, ADDR and LOGIN are in the last line. ADDR comes last, since it may end our right to say
/// XCLIENT; NAME comes with it where it is offered, since the next hop would else show the old name
/// with the new address; and LOGIN counts only there. A host name that is none (it comes out of
/// DNS, so from anybody) and a HELO that is not visible ASCII are [UNAVAILABLE].
///
/// Errors: 421 4.3.5 where ADDR, or LOGIN for a client that has one, is not offered or cannot be
/// said. The session must not go on then: the next hop would take the client for us, or for nobody.
[[nodiscard]] boost::system::result<std::vector<std::string>, reply>
xclient_lines(const xclient& client, const extensions& offered);

} // namespace postseal::smtp
