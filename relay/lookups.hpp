// SPDX-License-Identifier: Apache-2.0
// Looks for the keys that a plan hangs on, all of them at once.
#pragma once

#include "keys/finder.hpp"
#include "relay/policy_question.hpp"

#include <boost/asio/awaitable.hpp>

namespace postseal::relay {

/// One entry for each of addresses_of(), nothing where no key is wanted. All arguments must live
/// until this returns.
boost::asio::awaitable<findings> find_keys(keys::finder& finder, const policy::rule_set& rules,
                                           const policy_question& asked);

} // namespace postseal::relay
