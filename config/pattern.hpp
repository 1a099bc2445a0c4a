// SPDX-License-Identifier: Apache-2.0
// Patterns of addresses, domains and texts as the files write them, checked and folded.
#pragma once

#include "config/yaml.hpp"
#include "policy/text_pattern.hpp"

#include <string>
#include <string_view>

namespace postseal::config {

/// "anna@example.org", "*@example.org", "example.org", "*.example.org".
[[nodiscard]] std::string read_pattern(const source& from, const node& value);

/// Between slashes, perhaps with an 'i' behind them. An address may begin with a slash, too.
[[nodiscard]] bool is_expression(std::string_view text);

/// "/^[0-9]+@sms\\.example$/", for whole addresses; case does not count.
[[nodiscard]] policy::text_pattern read_address_expression(const source& from, const node& value);

/// "*draft*", "/draft/", "/draft/i".
[[nodiscard]] policy::text_pattern read_text_pattern(const source& from, const node& value);

/// "example.org" or "*.example.org": no other pattern names a domain that is ours.
[[nodiscard]] std::string read_local_domain(const source& from, const node& value);

} // namespace postseal::config
