// SPDX-License-Identifier: Apache-2.0
// `spool:`, where messages under way and those that are still owed lie, and what becomes of the
// latter.
#pragma once

#include "config/yaml.hpp"
#include "relay/settings.hpp"

namespace postseal::config {

/// Sets `into.spool` and `into.owed`; the listeners must have been read, for the default of
/// `next_hop`. `value` is null where the section is missing. Throws config::error.
void read_spool(const source& from, const node* value, relay::settings& into);

} // namespace postseal::config
