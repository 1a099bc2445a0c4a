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

/// Notes in `end` a reply for each recipient of the entry as soon as it is known: the next hop's
/// where they were sent to, else why they wait (451) or why they get nothing (550).
/// `reach` is called where there is something to send. `end` must live until this returns.
/// Throws what goes wrong here; what `end` says by then is so.
asio::awaitable<void> deliver_held(services& with, std::shared_ptr<const settings> current,
                                   std::shared_ptr<const spool_claim> held, hop_in_reach reach,
                                   transaction_end& end);

} // namespace postseal::relay
