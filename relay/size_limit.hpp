// SPDX-License-Identifier: Apache-2.0
// What becomes of content that is larger than the next hop says it takes (RFC 1870): a sealed one
// is compressed, and what is too large all the same is refused before anything is sent. A message
// that we have not made larger, and that goes to everybody at once, is the next hop's to refuse.
#pragma once

#include "policy/plan.hpp"
#include "relay/delivery.hpp"
#include "smtp/envelope.hpp"
#include "smtp/extensions.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace postseal::relay {

/// Within the limit that the next hop has named, where it has.
[[nodiscard]] bool is_taken(std::uint64_t octets, const smtp::extensions& offered);

/// Is it worth sealing once more, with compression? Clear content never is: its bytes are not ours.
[[nodiscard]] bool may_be_compressed(const policy::delivery& group, std::uint64_t octets,
                                     const smtp::extensions& offered);

/// 552 5.3.4 that names recipients, reason and figures, for the first parcel that is too large:
/// every sealed one, and a clear one where others would be served before the next hop could refuse
/// it.
[[nodiscard]] std::optional<smtp::reply> size_refusal(const smtp::envelope& envelope,
                                                      const std::vector<parcel>& parcels,
                                                      const smtp::extensions& offered);

} // namespace postseal::relay
