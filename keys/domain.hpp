// SPDX-License-Identifier: Apache-2.0
// Domain names as keys are looked up by them: A-labels, and the names that no public server can
// speak for. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postseal::keys {

/// `domain` in lower case with every label as an A-label (IDNA2008, RFC 5891). Nothing for address
/// literals, IPv4 addresses, empty labels, underscores, too long, or what IDNA does not allow.
[[nodiscard]] std::optional<std::string> to_a_label(std::string_view domain);

/// True for one label without a dot: no mail domain of the public Internet.
[[nodiscard]] bool is_single_label(std::string_view a_label);

/// True for names that are reserved (RFC 6761 and its registry), such as localhost, .test and
/// .onion, and the names below them: a lookup could only leak or be answered by somebody nearby.
/// `a_label` as to_a_label returns it.
[[nodiscard]] bool is_special_use(std::string_view a_label);

} // namespace postseal::keys
