// SPDX-License-Identifier: Apache-2.0
// What a reload has left as it was of a listener, for those who came to it before.
#pragma once

#include "relay/settings.hpp"

namespace postseal::relay {

/// What a self-test has shown of the one holds for the other: it asks the same server the same
/// question. Within TLS a server may say yes where it has said no in clear.
[[nodiscard]] bool is_same_way(const listener_settings& one, const listener_settings& other);

/// May the policy that stands beside the one judge mail that came to the other? It was written for
/// its listeners: rules name them, and rely on what they can know and where they lead.
[[nodiscard]] bool serves_alike(const listener_settings& one, const listener_settings& other);

} // namespace postseal::relay
