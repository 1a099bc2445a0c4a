// SPDX-License-Identifier: Apache-2.0
// Patterns of addresses and domains as the files write them, checked and folded.
#pragma once

#include "config/yaml.hpp"

#include <string>

namespace postseal::config {

/// "anna@example.org", "*@example.org", "example.org", "*.example.org".
[[nodiscard]] std::string read_pattern(const source& from, const node& value);

/// "example.org" or "*.example.org": no other pattern names a domain that is ours.
[[nodiscard]] std::string read_local_domain(const source& from, const node& value);

} // namespace postseal::config
