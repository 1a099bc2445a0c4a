// SPDX-License-Identifier: Apache-2.0
// Whom a client wants to be, read from the first response of the mechanisms that show it. A name
// for logs and for policy, never a proof.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postseal::smtp {

/// Octets of a name.
inline constexpr std::size_t max_login_name = 255;

/// `response` in base64. The identity to act as, where one is given (authzid), and else the one
/// that logs in. Nothing for what is not printable UTF-8, too long, or not understood.
[[nodiscard]] std::optional<std::string> login_name(std::string_view mechanism,
                                                    std::string_view response);

} // namespace postseal::smtp
