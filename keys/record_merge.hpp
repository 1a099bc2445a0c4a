// SPDX-License-Identifier: Apache-2.0
// What a record from another store adds to ours. The newer word counts, except that a revocation is
// never lost: whichever of the two knows of it. No I/O, no clock.
#pragma once

#include "keys/record.hpp"
#include "smtp/mailbox.hpp"

namespace postseal::keys {

/// Nothing where `theirs` was merged before. An address of which we know nothing gets all of it.
[[nodiscard]] record_changes merge(const record& ours, const record& theirs,
                                   const smtp::mailbox& address);

} // namespace postseal::keys
