// SPDX-License-Identifier: Apache-2.0
// `key_of` of a policy, read a second time: entries behind others that leave nothing to them,
// patterns that nothing is like, addresses for which no key is wanted.
#pragma once

#include "config/remark.hpp"
#include "config/yaml.hpp"
#include "policy/coverage.hpp"
#include "policy/rules.hpp"

#include <vector>

namespace postseal::config {

/// An entry as it is written.
struct written_entry {
    const source* from;
    const entry* one;
};

/// Adds what it finds. `written` has the entries of `policy`, in their order; `effort` is as
/// policy::coverage has it.
void review_key_of(const std::vector<written_entry>& written, const policy::rule_set& policy,
                   std::size_t effort, remarks& found);

} // namespace postseal::config
