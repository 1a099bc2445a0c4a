// SPDX-License-Identifier: Apache-2.0
// Which recipients share which content: decisions in, transactions out. A blind recipient shares a
// ciphertext with nobody, because a ciphertext names the keys that it is for.
#pragma once

#include "policy/plan.hpp"

#include <cstddef>
#include <vector>

namespace postseal::policy {

/// Of one delivery: a sealing program takes no more at once (seal::max_recipients).
inline constexpr std::size_t most_certificates = 1000;

/// Sealed groups first, larger before smaller, then the clear ones, then what is held; every
/// recipient in exactly one, but for those who are refused.
[[nodiscard]] std::vector<delivery> group(const smtp::envelope& envelope,
                                          const std::vector<decision>& decisions);

} // namespace postseal::policy
