// SPDX-License-Identifier: Apache-2.0
// The ESMTP parameters of MAIL and RCPT (RFC 5321 §4.1.2): which exist, what their values look
// like, and what becomes of one that a client or a next hop has not been offered.
#pragma once

#include "smtp/envelope.hpp"
#include "smtp/extensions.hpp"
#include "smtp/reply.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace postseal::smtp {

/// Where a parameter stands.
enum class parameter_of { mail, rcpt };

/// Reads ` KEYWORD=value KEYWORD …`. Keywords come out in upper case, and so do values that are
/// keywords themselves (BODY, RET, NOTIFY). Errors: 555 5.5.4 for what we do not know, 501 5.5.4
/// for a bad or missing value and for a parameter given twice.
[[nodiscard]] boost::system::result<std::vector<parameter>, reply>
parse_parameters(std::string_view text, parameter_of where);

[[nodiscard]] const parameter* find_parameter(const std::vector<parameter>& parameters,
                                              std::string_view keyword);

/// Octets that SIZE= declares; nothing where it is not there.
[[nodiscard]] std::optional<std::uint64_t> declared_size(const std::vector<parameter>& parameters);

/// May `keyword` be said to a server that offers `offered`?
[[nodiscard]] bool is_offered(std::string_view keyword, const extensions& offered);

/// Those parameters that a next hop understands. The others may be left out when relaying: DSN's
/// (RFC 3461 §5.2.2), AUTH= (RFC 4954 §5) and SIZE= by their own words, BODY=8BITMIME because a
/// server of today that does not name it passes eight bits all the same. SMTPUTF8 and
/// REQUIRETLS may not: the dialogue refuses such mail before this is asked.
[[nodiscard]] std::vector<parameter> understood(const std::vector<parameter>& parameters,
                                                const extensions& offered);

/// Does the sender want to hear of `what` (SUCCESS, FAILURE, DELAY) of this recipient? Without
/// NOTIFY that is FAILURE (RFC 3461 §4.1). The parameters are as parse_parameters let them through.
[[nodiscard]] bool wants_notice(const recipient& of, std::string_view what);

} // namespace postseal::smtp
