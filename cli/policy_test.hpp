// SPDX-License-Identifier: Apache-2.0
// One test of a policy: the plan for the mail that it supposes, held against what it expects. Pure.
// Fails: config::error at the place in the file, where what is supposed cannot be.
#pragma once

#include "config/policy_tests.hpp"
#include "relay/settings.hpp"

#include <string>
#include <vector>

namespace postseal::cli {

/// One thing that is not as expected, for one recipient.
struct surprise {
    std::size_t recipient = 0;
    config::position at;
    policy::difference what;
    std::string rule;   ///< that has decided
    std::string reason; ///< one clause for a person
};

[[nodiscard]] std::vector<surprise> judge(const relay::settings& under, const config::source& from,
                                          const config::policy_test& test);

} // namespace postseal::cli
