// SPDX-License-Identifier: Apache-2.0
// Mailboxes of the envelope (RFC 5321 §4.1.2), read so strictly that the next hop, the policy and
// the key lookup all see the same one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postseal::smtp {

/// Local part and domain. An empty domain is only possible for the bare `postmaster`.
struct mailbox {
    std::string local_part; ///< without quotes and escapes, case as written; UTF-8 with SMTPUTF8
    std::string domain;     ///< case as written; an address literal keeps its brackets

    bool operator==(const mailbox&) const = default;
};

/// RFC 5321 limits, in octets (§4.5.3.1).
inline constexpr std::size_t max_local_part = 64;
inline constexpr std::size_t max_domain = 255;
inline constexpr std::size_t max_path = 256;

/// Characters by which mail servers route inside a local part, with or without quotes around it:
/// user%other@here, other!user@here, "user@other"@here. The next hop could deliver such a mailbox
/// elsewhere than where we look for its key. `allowed` takes them as they are, for printers and
/// old habits; a source route is refused all the same.
enum class routing_marks { refused, allowed };

/// `local@domain` or `"quoted local"@domain`, nothing around it. Nothing on any doubt: source
/// routes, control characters, comments, empty labels, too long.
[[nodiscard]] std::optional<mailbox> parse_mailbox(std::string_view text,
                                                   routing_marks marks = routing_marks::refused);

/// May the next hop deliver it elsewhere than to its domain?
[[nodiscard]] bool has_routing_marks(const mailbox& address);

/// The canonical spelling: quoted only where the grammar needs it.
[[nodiscard]] std::string to_string(const mailbox& address);

/// The spelling under which two mailboxes count as one for policy and keys: ASCII letters in lower
/// case, everything else as it is.
[[nodiscard]] std::string folded(const mailbox& address);

/// ASCII letters in lower case, every other octet unchanged.
[[nodiscard]] std::string ascii_lower(std::string_view text);

/// The other way round.
[[nodiscard]] std::string ascii_upper(std::string_view text);

/// Equal but for the case of ASCII letters.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

} // namespace postseal::smtp
