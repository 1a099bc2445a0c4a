// SPDX-License-Identifier: Apache-2.0
// The conditions of a `match:` block that ask for a mark of the sender's: a tag in the subject, or
// a header field of their own. Both are taken out of what leaves, so not everything may be one.
#pragma once

#include "config/yaml.hpp"
#include "policy/condition.hpp"

namespace postseal::config {

/// "[seal]", or a list. Throws config::error for what may stand in a subject by chance.
[[nodiscard]] policy::tag_is read_tags(const source& from, const node& value);

/// { X-Seal: required }: a condition for each. Throws config::error for fields that mail needs.
void read_requests(const source& from, const node& value, policy::conditions& into);

} // namespace postseal::config
