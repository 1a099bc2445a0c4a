// SPDX-License-Identifier: Apache-2.0
// Subaddresses (RFC 5233): user+tag@, which many servers deliver to user@.
#pragma once

#include "smtp/mailbox.hpp"

#include <optional>

namespace postseal::smtp {

/// user@ of user+tag@; nothing where there is no tag. Whether the domain means it so, is the
/// caller's to know.
[[nodiscard]] std::optional<mailbox> without_detail(const mailbox& address);

} // namespace postseal::smtp
