// SPDX-License-Identifier: Apache-2.0
// The part of `explain` that shows how a recipient came to their rule.
#pragma once

#include "policy/trace.hpp"

#include <vector>

namespace postseal::cli {

/// Prints what each condition of the rule that speaks has come to, and in a line each why the rules
/// in front of it do not speak. Of many, the last ones, and how many more there are.
void print_rules(std::vector<policy::rule_trace> traced);

} // namespace postseal::cli
