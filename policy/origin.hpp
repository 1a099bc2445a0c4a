// SPDX-License-Identifier: Apache-2.0
// What is known of the connection over which a message came, and what a rule may ask of it. What is
// not known matches nothing: a rule that relaxes must not do so by ignorance.
#pragma once

#include "smtp/ip_address.hpp"
#include "smtp/ip_network.hpp"

#include <optional>
#include <string>
#include <vector>

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

/// Conditions on an origin. One that is left out holds for everything, known or not.
struct origin_match {
    std::vector<std::string> listener;    ///< names
    std::vector<smtp::ip_network> client; ///< in one of these
    std::optional<bool> tls;
    std::optional<bool> authenticated;
    std::vector<std::string> login; ///< globs for the whole name
};

/// All conditions hold, each for a fact that is known.
[[nodiscard]] bool matches(const origin_match& wanted, const origin& known);

} // namespace postseal::policy
