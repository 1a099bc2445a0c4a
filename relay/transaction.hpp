// SPDX-License-Identifier: Apache-2.0
// What happens between a client's final dot and its reply: classify, look for keys, plan, make
// every content, deliver.
#pragma once

#include "policy/origin.hpp"
#include "policy/plan.hpp"
#include "relay/message_buffer.hpp"
#include "relay/next_hop.hpp"
#include "relay/services.hpp"
#include "smtp/envelope.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace postseal::relay {

/// A complete message with its envelope, as the session hands it over.
struct submission {
    std::string id;       ///< ours, opaque
    std::string client;   ///< for the log
    std::string protocol; ///< ESMTP, SMTP or LMTP, for Received
    policy::answering answers = policy::answering::as_one;
    own_received received = own_received::always;
    policy::origin origin; ///< what rules may ask of the connection
    smtp::envelope envelope;
    std::vector<smtp::parameter> xforward; ///< attributes in force
    message_buffer message;
    std::chrono::steady_clock::time_point complete_at{}; ///< its final dot
    /// Is the client still there? One that has gone tries again, and must not find its first
    /// message delivered as well.
    std::function<bool()> client_waits;
};

/// The replies for the client, already logged: one, or one for each recipient in their order. Never
/// throws for what mail, keys, sealers or the next hop do. `sent` and `to` must live until this
/// returns.
asio::awaitable<std::vector<smtp::reply>>
complete(services& with, std::shared_ptr<const settings> current, submission& sent, next_hop& to);

} // namespace postseal::relay
