// SPDX-License-Identifier: Apache-2.0
// What a listener with `place: front` says beyond a filter's: TLS, logins, load balancers, and what
// keeps passwords from crossing a network in clear.
#pragma once

#include "config/mapping.hpp"
#include "relay/settings.hpp"

#include <string>
#include <vector>

namespace postseal::config {

/// The keys that only a front has.
[[nodiscard]] const std::vector<std::string>& front_keys();

/// Reads them into `made`, whose address is known. Throws config::error.
void read_front(const source& from, const mapping& block, relay::listener_settings& made);

/// With its next hop known: does anything go in clear that must not? Throws config::error, at
/// `value`.
void refuse_exposed_logins(const source& from, const node& value,
                           const relay::listener_settings& made);

/// 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(const relay::endpoint& address);

} // namespace postseal::config
