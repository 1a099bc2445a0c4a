// SPDX-License-Identifier: Apache-2.0
// The connection over which an explained message is supposed to come: what the options say, and
// what is taken for granted where they are silent.
#pragma once

#include "cli/commands.hpp"
#include "policy/origin.hpp"
#include "policy/plan.hpp"
#include "relay/settings.hpp"
#include "smtp/dialogue.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::cli {

/// What is supposed of one thing about the connection.
struct supposed_fact {
    policy::fact what = policy::fact::listener;
    std::string value;    ///< "unknown" where it could be known and is not
    bool assumed = false; ///< nobody has said so
    bool never_known = false;
};

/// "listener", "client", "tls", …: also the names of the options and keys.
[[nodiscard]] std::string_view to_string(policy::fact what);

struct supposition {
    policy::origin origin;
    smtp::protocol protocol = smtp::protocol::smtp;
    smtp::routing_marks routing_marks = smtp::routing_marks::refused;
    smtp::newline_rule bare_newline = smtp::newline_rule::reject;
    relay::own_received received = relay::own_received::always;
    policy::answering replies = policy::answering::as_one; ///< LMTP: one for each recipient
    std::vector<supposed_fact> facts;                      ///< one for each policy::fact
};

/// A clause that follows the name of what it is about.
struct impossible_connection : std::runtime_error {
    impossible_connection(policy::fact what, const std::string& why)
        : std::runtime_error(why), about(what) {}
    policy::fact about;
};

/// Where nothing is said: the first listener, and of what it can know TLS and a login, as a mail
/// program has them; client and login name stay unknown. Throws impossible_connection where one
/// word contradicts another, or says what the listener can never know.
[[nodiscard]] supposition suppose(const connection_words& said,
                                  const std::vector<relay::listener_settings>& listeners);

} // namespace postseal::cli
