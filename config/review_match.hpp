// SPDX-License-Identifier: Apache-2.0
// A rule's `match:` read a second time: conditions that exclude each other, and patterns that
// nothing is ever like.
#pragma once

#include "config/remark.hpp"
#include "config/yaml.hpp"
#include "policy/coverage.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace postseal::config {

/// What a match is reviewed with; one for all rules.
struct review_context {
    policy::addresses local_domains;
    std::uint64_t message_size; ///< octets of the largest message that is taken
    policy::coverage& judge;
    remarks& found;
};

/// `value` is what `asked` has been read from. `idle` are the settings of the rule that never count
/// for a recipient in the local domains.
void review_match(const source& from, const node& value, const policy::condition& asked,
                  const std::vector<std::string>& idle, const review_context& with);

} // namespace postseal::config
