// SPDX-License-Identifier: Apache-2.0
// Looks again at a message that was held in the spool: plans it anew with what is known of its
// recipients' keys by now, and sends to those who need not wait any longer. Nothing is sent as it
// lies there.
#pragma once

#include "relay/next_hop.hpp"
#include "relay/services.hpp"
#include "relay/spool.hpp"
#include "relay/spool_delivery.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>

namespace postseal::relay {

/// A next hop that has been greeted; null where none can be reached.
using hop_in_reach = std::function<asio::awaitable<next_hop*>()>;

/// One look at a held entry.
struct held_attempt {
    /// Of each recipient of the entry a reply, as soon as it is known.
    transaction_end& end;
    hop_in_reach reach{};
    /// Called when some have been sent to and others are still to be: when it returns, `end` as it
    /// is will be known after a crash.
    std::function<asio::awaitable<void>()> noted{};
};

/// Notes the next hop's reply for whom it was sent to, and for others why they wait (451) or why
/// they get nothing (550). By the rules that are in force when it is sent: where they are replaced
/// while keys are looked for, the plan is made anew. `reach` is called where there is something to
/// send. What `attempt` refers to must live until this returns. Throws what goes wrong here; what
/// `end` says by then is so.
asio::awaitable<void> deliver_held(services& with, std::shared_ptr<const spool_claim> held,
                                   held_attempt attempt);

} // namespace postseal::relay
