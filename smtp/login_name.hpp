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

/// `response` in base64. Nothing for what is not printable UTF-8, too long, or not understood, nor
/// for a response that names two (an authzid and another authcid): mail servers differ in which of
/// them they let in.
[[nodiscard]] std::optional<std::string> login_name(std::string_view mechanism,
                                                    std::string_view response);

} // namespace postseal::smtp
