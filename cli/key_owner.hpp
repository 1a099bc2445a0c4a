// SPDX-License-Identifier: Apache-2.0
// Whose key mail to an address is sealed to, for who looks at the address alone.
#pragma once

#include "keys/record.hpp"
#include "policy/rules.hpp"
#include "smtp/mailbox.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <vector>

namespace postseal::cli {

/// Where the policy's `key_of` names somebody else, and nothing in what is `known` of the address,
/// by all of its names, goes before that, as a lookup has it.
[[nodiscard]] std::optional<smtp::mailbox> owner_for(const smtp::mailbox& address,
                                                     const std::vector<keys::record>& known,
                                                     const policy::rule_set& rules);

/// Adds it to what is said of an address; null: its own.
void add_owner(boost::json::object& to, const std::optional<smtp::mailbox>& owner);

} // namespace postseal::cli
