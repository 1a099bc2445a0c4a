// SPDX-License-Identifier: Apache-2.0
// The connection over which an explained message is supposed to come: what the options say, and
// what is taken for granted where they are silent.
#pragma once

#include "cli/commands.hpp"
#include "policy/origin.hpp"
#include "policy/plan.hpp"
#include "relay/settings.hpp"

#include <string>
#include <vector>

namespace postseal::cli {

struct supposition {
    policy::origin origin;
    policy::answering replies = policy::answering::as_one; ///< LMTP: one for each recipient
    std::string account; ///< lines for the person who asks, each ended by a line feed
};

/// Without options: the first listener, and of what it can know TLS and a login, as a mail program
/// has them; client and login name stay unknown. Throws std::runtime_error where an option
/// contradicts another, or says what the listener can never know.
[[nodiscard]] supposition suppose(const explain_options& options,
                                  const std::vector<relay::listener_settings>& listeners);

} // namespace postseal::cli
