// SPDX-License-Identifier: Apache-2.0
// XFORWARD (Postfix XFORWARD_README): a trusted proxy tells whose mail it passes on. For logs only:
// nothing that it says changes what a client may do.
#pragma once

#include "smtp/command.hpp"

#include <array>
#include <string_view>

namespace postseal::smtp {

/// The attributes that we take, offer and pass on. LOGIN is not among them: it is authority.
inline constexpr std::array<std::string_view, 7> xforward_attributes = {
    "NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"};

/// Octets of a value once decoded.
inline constexpr std::size_t max_xforward_value = 255;

/// `arguments` is what follows the verb. Errors: 501 5.5.4.
[[nodiscard]] boost::system::result<command, reply> parse_xforward(std::string_view arguments);

} // namespace postseal::smtp
