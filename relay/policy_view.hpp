// SPDX-License-Identifier: Apache-2.0
// One mailbox, one spelling: policy compares domains as A-labels (RFC 5890), so that nobody gets
// around a rule by writing a domain in another script's letters. What the next hop is told keeps
// the client's spelling.
#pragma once

#include "message/facts.hpp"
#include "smtp/envelope.hpp"

#include <optional>

namespace postseal::relay {

/// `address` with its domain as A-labels. Nothing where the domain is no valid name (IDNA2008):
/// then nobody could say which rule it belongs to.
[[nodiscard]] std::optional<smtp::mailbox> for_policy(const smtp::mailbox& address);

/// The same for all that policy looks at. A recipient without A-labels stays as it is (the session
/// has refused such an envelope); an author without them is left out.
[[nodiscard]] smtp::envelope for_policy(smtp::envelope envelope);
[[nodiscard]] message::facts for_policy(message::facts facts);

} // namespace postseal::relay
