// SPDX-License-Identifier: Apache-2.0
// What `defaults` and a rule's `set` have in common: the settings of docs/policy.md.
#pragma once

#include "config/header_profiles.hpp"
#include "config/mapping.hpp"
#include "message/message_ids.hpp"
#include "policy/rules.hpp"

#include <string>
#include <vector>

namespace postseal::config {

/// Their keys, for a mapping that read_settings() reads.
[[nodiscard]] const std::vector<std::string>& setting_keys();

/// What settings name besides themselves.
struct setting_context {
    const header_profiles& profiles;
    const message::id_disguise& message_ids; ///< without a hash: none is set up
    const policy::rule_set& house;           ///< in whose local domains an archive has to be
};

/// Sets what the block says, and leaves the rest.
void read_settings(const source& from, const mapping& block, const setting_context& known,
                   policy::overrides& set);

/// Throws where the block says `send` beside `required`, which is what `effective` comes to.
void refuse_contradictions(const source& from, const mapping& block, policy::encrypt effective);

/// Throws where the block says of headers what does nothing, or what undoes something else, under
/// what `effective` comes to.
void refuse_idle_cleaning(const source& from, const mapping& block,
                          const message::cleaning& effective);

} // namespace postseal::config
