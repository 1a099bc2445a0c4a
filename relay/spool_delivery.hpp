// SPDX-License-Identifier: Apache-2.0
// One attempt to deliver an entry of the spool: a transaction of its own, in which each recipient
// has a fate of their own.
// Fails: never by exception; what goes wrong on the network is a reply, as in next_hop.
#pragma once

#include "relay/next_hop.hpp"
#include "relay/spool.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <vector>

namespace postseal::relay {

/// How the conversation ended.
enum class spool_ending {
    answered,
    lost_in_message, ///< the next hop may have taken it, and recipients may get it twice
};

struct spool_attempt {
    std::vector<smtp::reply> replies; ///< for each recipient, in their order
    spool_ending ending = spool_ending::answered;
};

/// The parameters of MAIL. Nobody vouches for the sender any more (AUTH=), the true size is told.
[[nodiscard]] std::vector<smtp::parameter> spool_parameters(const spool_entry& entry,
                                                            const smtp::extensions& offered);

/// The same reply for every recipient.
[[nodiscard]] spool_attempt attempt_for_all(const spool_entry& entry, const smtp::reply& answer);

/// A reply that is about us, not about the mail: it is no reason to bounce it.
[[nodiscard]] smtp::reply as_delay(const smtp::reply& answer);

/// `to` has been greeted; it must live until this returns.
asio::awaitable<spool_attempt> deliver_owed(next_hop& to, std::shared_ptr<const spool_claim> sent);

} // namespace postseal::relay
