// SPDX-License-Identifier: Apache-2.0
// XFORWARD (Postfix XFORWARD_README): a trusted proxy tells whose mail it passes on. For logs and
// for rules about clients: nothing that it says changes what a client may do here.
#pragma once

#include "smtp/command.hpp"
#include "smtp/ip_address.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::smtp {

/// The attributes that we take, offer and pass on. LOGIN is not among them: it is authority.
inline constexpr std::array<std::string_view, 7> xforward_attributes = {
    "NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"};

/// Octets of a value once decoded.
inline constexpr std::size_t max_xforward_value = 255;

/// `arguments` is what follows the verb. Errors: 501 5.5.4.
[[nodiscard]] boost::system::result<command, reply> parse_xforward(std::string_view arguments);

/// ADDR of these, "192.0.2.1" or "IPV6:2001:db8::1". Nothing where it is not there, not known to
/// the proxy ("[UNAVAILABLE]", as for mail from a local program), or no address after all.
[[nodiscard]] std::optional<ip_address> xforward_client(const std::vector<parameter>& attributes);

} // namespace postseal::smtp
