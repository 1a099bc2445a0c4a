// SPDX-License-Identifier: Apache-2.0
// Carries made content to the next hop over the connection on which the client's own transaction
// was mirrored: the one group that most mail has, or several with a reply for each recipient. For
// several with one reply for all see split_delivery.
#pragma once

#include "policy/plan.hpp"
#include "relay/content.hpp"
#include "relay/mail_transaction.hpp"
#include "relay/next_hop.hpp"
#include "smtp/envelope.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace postseal::relay {

/// What the client hears where a file of ours fails: the disk is full, or there are no descriptors.
[[nodiscard]] smtp::reply no_room_to_work();

/// A group and its content.
struct parcel {
    policy::delivery group;
    relay::content content;
    std::uint64_t came = 0;           ///< octets of the client's message
    bool blind = false;               ///< for somebody whom the other recipients do not see
    std::vector<smtp::reply> waits{}; ///< of a held one: what is said of each recipient meanwhile
};

/// It goes into the spool whatever the next hop says: what is held, and copies for archives.
[[nodiscard]] bool is_to_be_kept(const policy::delivery& group);

/// Why these copies cannot be kept for `later`: it is never asked for TLS that can be relied on,
/// and the sender wants nothing less (RFC 8689 §4.2.1). Nothing: they can.
[[nodiscard]] std::optional<smtp::reply>
refuse_to_keep(const std::vector<smtp::parameter>& parameters, const std::vector<parcel>& parcels,
               const next_hop_settings& later);

/// The client's transaction, and whether it still waits for the answer.
struct mirrored {
    const smtp::envelope& envelope;
    const std::vector<smtp::parameter>& xforward;
    next_hop::question client_waits;
};

/// Can the mirrored transaction carry this parcel as it is? Only where it is the only one, goes to
/// every recipient, and has not grown beyond what the next hop was told: the client's own figure,
/// where the client gave one. (What a client says too little of its own is between those two.)
[[nodiscard]] bool fits_mirrored(const smtp::envelope& envelope, const std::vector<parcel>& parcels,
                                 const smtp::extensions& offered);

/// A transaction for this parcel alone, which must live until it has ended.
[[nodiscard]] mail_transaction transaction_for(const mirrored& from, parcel& sent,
                                               const smtp::extensions& offered);

/// Sends the only parcel, to all its recipients or to none. The reply is the next hop's own.
/// `to`, what `from` refers to, and `parcels` must live until this returns.
asio::awaitable<smtp::reply> deliver_whole(next_hop& to, mirrored from,
                                           std::vector<parcel>& parcels);

/// What several deliveries with a reply for each recipient have come to.
struct separate_ends {
    std::vector<smtp::reply>
        replies;                  ///< in the envelope's order; of who is in no parcel an empty one
    bool lost_in_message = false; ///< as in transaction_end
    std::string failed{};         ///< what a file of ours could not do; empty: nothing
};

/// Sends them all with a reply for each recipient (LMTP): what fails for some, at the next hop or
/// here, does not keep the others from being served, and is theirs alone to hear.
asio::awaitable<separate_ends> deliver_each(next_hop& to, mirrored from,
                                            std::vector<parcel>& parcels);

} // namespace postseal::relay
