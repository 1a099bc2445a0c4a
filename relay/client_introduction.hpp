// SPDX-License-Identifier: Apache-2.0
// What a next hop is told of a client before it hears it: the PROXY header or the XCLIENT
// attributes that its listener's settings ask for.
#pragma once

#include "relay/next_hop.hpp"
#include "relay/settings.hpp"
#include "smtp/proxy_header.hpp"

namespace postseal::relay {

[[nodiscard]] client_introduction introduce(const listener_settings& on,
                                            const smtp::proxied_connection& client);

/// Somebody from far away: an address that is nobody's (RFC 5737).
[[nodiscard]] client_introduction introduce_stranger(const listener_settings& on);

} // namespace postseal::relay
