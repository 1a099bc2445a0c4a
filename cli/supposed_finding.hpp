// SPDX-License-Identifier: Apache-2.0
// What a lookup would say that is only supposed: nobody is asked. Pure.
#pragma once

#include "config/policy_tests.hpp"
#include "keys/certificate.hpp"
#include "policy/rules.hpp"
#include "smtp/mailbox.hpp"

namespace postseal::cli {

/// Under the policy's pins, as a lookup is: whose key is pinned has that key, or none can be had.
/// And of the key that is theirs by its `key_of`.
[[nodiscard]] keys::finding suppose_finding(const config::supposed_key& what,
                                            const smtp::mailbox& address,
                                            const policy::rule_set& rules);

} // namespace postseal::cli
