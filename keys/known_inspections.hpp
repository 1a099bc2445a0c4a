// SPDX-License-Identifier: Apache-2.0
// Spares GnuPG the same question: an inspection of the very same bytes is remembered for a while.
// Without it every mail to a key from the local directory would cost a second run of gpg.
// Limits: 1,000 certificates, of more the latest; ten minutes each. Failures are not remembered,
// nor what is said of a key that is from the future.
#pragma once

#include "keys/finder.hpp"

#include <chrono>

namespace postseal::keys {

/// What an inspection says of now, a subkey that has just expired for one, may be this old. A
/// certificate's own expiry is checked at every use (keys::judge).
inline constexpr auto inspection_lifetime = std::chrono::minutes(10);
inline constexpr std::size_t max_known_inspections = 1000;

/// An inspector that asks `real` only for bytes it does not know. All copies of it share what is
/// known; they belong to one thread.
[[nodiscard]] inspector knowing_inspector(inspector real, clock now);

} // namespace postseal::keys
