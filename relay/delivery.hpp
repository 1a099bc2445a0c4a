// SPDX-License-Identifier: Apache-2.0
// Carries made content to the next hop, one group after another, on the connection over which the
// client's own transaction was mirrored.
#pragma once

#include "policy/plan.hpp"
#include "relay/content.hpp"
#include "relay/next_hop.hpp"
#include "smtp/envelope.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <vector>

namespace postseal::relay {

/// A group and its content.
struct parcel {
    policy::delivery group;
    relay::content content;
    std::uint64_t came = 0; ///< octets of the client's message
};

/// The parameters of MAIL for content that is not the client's own any more: SIZE tells the true
/// size where the next hop wants one, BODY goes where only 7-bit lines are left.
[[nodiscard]] std::vector<smtp::parameter>
parameters_for(const smtp::envelope& envelope, const parcel& sent, const smtp::extensions& offered);

/// Can the mirrored transaction carry this parcel as it is? Only where it is the only one, goes to
/// every recipient, and has not grown beyond what the next hop was told: the client's own figure,
/// where the client gave one. (What a client says too little of its own is between those two.)
[[nodiscard]] bool fits_mirrored(const smtp::envelope& envelope, const std::vector<parcel>& parcels,
                                 const smtp::extensions& offered);

/// Sends all parcels in order. The reply is the client's: the next hop's own for the first group
/// (nothing is committed before its first 2xx). Where a later group fails after that, 451 is the
/// answer and the client will send all of it again: docs/failure-modes.md names this gap.
/// `xforward` is said again before every MAIL, since a RSET makes the next hop forget it.
/// `to`, `envelope` and `parcels` must live until this returns.
asio::awaitable<smtp::reply> deliver(next_hop& to, const smtp::envelope& envelope,
                                     std::vector<smtp::parameter> xforward,
                                     std::vector<parcel>& parcels);

/// The same with a reply for each recipient, in the envelope's order (LMTP): what fails for some
/// does not keep the others from being served, and is theirs alone to hear. Who is in no parcel has
/// an empty reply.
asio::awaitable<std::vector<smtp::reply>> deliver_each(next_hop& to, const smtp::envelope& envelope,
                                                       std::vector<smtp::parameter> xforward,
                                                       std::vector<parcel>& parcels);

} // namespace postseal::relay
