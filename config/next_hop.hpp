// SPDX-License-Identifier: Apache-2.0
// `next_hop:`, for all listeners or for one: where mail goes, within which TLS, and how the mail
// server there learns who the client is.
#pragma once

#include "config/yaml.hpp"
#include "relay/settings.hpp"

namespace postseal::config {

/// Throws config::error, also where certificates that it names cannot be read.
[[nodiscard]] relay::next_hop_settings read_next_hop(const source& from, const node& value);

} // namespace postseal::config
