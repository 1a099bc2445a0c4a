// SPDX-License-Identifier: Apache-2.0
// What a lookup would say that is only supposed: nobody is asked. Pure.
#pragma once

#include "config/policy_tests.hpp"
#include "keys/certificate.hpp"
#include "policy/rules.hpp"
#include "smtp/mailbox.hpp"

namespace postseal::cli {

/// Under the policy's pins, as a lookup is: whose key is pinned has that key, or none can be had.
[[nodiscard]] keys::finding suppose_finding(const config::supposed_key& what,
                                            const smtp::mailbox& address,
                                            const policy::pinned_keys& pins);

} // namespace postseal::cli
