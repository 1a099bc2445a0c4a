// SPDX-License-Identifier: Apache-2.0
// What is known of the connection behind a message, by where the listener stands. A front speaks
// with the client itself. A mail server before a filter passes on its client's address (XFORWARD);
// that it has spoken TLS to its client, or let somebody log in, it does not say: Postfix passes no
// LOGIN to a filter.
#pragma once

#include "policy/origin.hpp"
#include "relay/settings.hpp"
#include "smtp/dialogue.hpp"
#include "smtp/ip_address.hpp"

namespace postseal::relay {

/// Can this ever be known of what comes in here? (Of one message it can still be unknown.)
[[nodiscard]] bool can_know(const listener_settings& on, policy::fact what);

/// Of the transaction under way. `seen` is who has connected to us, or for whom a load balancer
/// has.
[[nodiscard]] policy::origin origin_of(const listener_settings& on, const smtp::ip_address& seen,
                                       const smtp::dialogue& said);

} // namespace postseal::relay
