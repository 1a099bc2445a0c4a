// SPDX-License-Identifier: Apache-2.0
// What GnuPG says about the certificates in a file (a dry run of an import), as the relay needs it.
#pragma once

#include "seal/descriptor.hpp"
#include "seal/protocol.hpp"

namespace postseal::seal {

struct listing {
    answer given;
    bool complete = false;  ///< gpg read the file to its end
    bool killed = false;    ///< gpg, by a signal
    bool found_any = false; ///< at least one certificate
};

[[nodiscard]] listing list(const descriptor& certificates);

} // namespace postseal::seal
