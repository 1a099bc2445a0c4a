// SPDX-License-Identifier: Apache-2.0
// One attempt to deliver an entry of the spool: a transaction of its own, in which each recipient
// has a fate of their own.
// Fails: never by exception; what goes wrong on the network is a reply, as in next_hop.
#pragma once

#include "relay/mail_transaction.hpp"
#include "relay/next_hop.hpp"
#include "relay/spool.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace postseal::relay {

/// The same reply for every recipient.
[[nodiscard]] transaction_end attempt_for_all(const spool_entry& entry, const smtp::reply& answer);

/// What a reply of the transaction means for a recipient of the spool: what is about us or the
/// connection is no reason to bounce a mail.
[[nodiscard]] smtp::reply as_fate(const transaction_end& end, const smtp::reply& answer);

/// With a reply for every recipient of the entry; of one to whom only a report is owed it says
/// nothing. `to` has been greeted; it must live until this returns.
asio::awaitable<transaction_end> deliver_owed(next_hop& to,
                                              std::shared_ptr<const spool_claim> sent);

} // namespace postseal::relay
