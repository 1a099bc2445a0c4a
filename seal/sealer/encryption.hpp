// SPDX-License-Identifier: Apache-2.0
// One message encrypted with gpg, to certificates that are given as files. gpg writes the
// ciphertext itself; whether it is what was asked for is for the relay to see. Fails: by the
// answer's errc.
#pragma once

#include "seal/protocol.hpp"
#include "seal/sealer/gpg.hpp"
#include "seal/sealer/keyrings.hpp"

#include <vector>

namespace postseal::seal {

struct encryption {
    const descriptor& plaintext;
    const descriptor& ciphertext;
    const std::vector<descriptor>& certificates; ///< one file a certificate
    compression packing = compression::none;
};

[[nodiscard]] answer encrypt(const gpg_installation& installed, keyrings& rings,
                             const encryption& wanted);

} // namespace postseal::seal
