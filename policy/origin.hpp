// SPDX-License-Identifier: Apache-2.0
// What is known of the connection over which a message came. What is not known matches nothing: a
// rule that relaxes must not do so by ignorance.
#pragma once

#include "smtp/ip_address.hpp"

#include <optional>
#include <string>

namespace postseal::policy {

enum class fact { listener, client, tls, authenticated, login };

/// The client is whoever gave the message to the first server of the house. A mail server that
/// stands between that client and us is not meant: its own address and TLS say nothing here.
struct origin {
    std::string listener;                   ///< the name of the one that took the message
    std::optional<smtp::ip_address> client; ///< nothing: nobody has said it
    std::optional<bool> tls;                ///< encrypted by TLS
    std::optional<bool> authenticated;      ///< by SMTP AUTH (RFC 4954)
    std::optional<std::string> login;       ///< UTF-8, as the client wrote it, where that was shown
    bool operator==(const origin&) const = default;
};

} // namespace postseal::policy
