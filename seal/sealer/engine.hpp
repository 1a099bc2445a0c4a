// SPDX-License-Identifier: Apache-2.0
// GnuPG: encrypts to certificates that are given as files, and judges one (through GPGME).
// Nothing is kept from one operation to the next but keyrings of one certificate; there is none
// through which one certificate could stand in for another.
// Fails: by the answer's errc.
#pragma once

#include "seal/descriptor.hpp"
#include "seal/protocol.hpp"
#include "seal/sealer/encryption.hpp"
#include "seal/sealer/gpg.hpp"
#include "seal/sealer/keyrings.hpp"
#include "seal/sealer/listing.hpp"

namespace postseal::seal {

class engine {
  public:
    explicit engine(gpg_installation installed);

    [[nodiscard]] answer encrypt(const encryption& wanted);
    [[nodiscard]] answer inspect(const descriptor& certificate);

  private:
    bool ready();
    listing list_afresh(const descriptor& certificate);

    gpg_installation installed_;
    keyrings rings_;
    bool ready_ = false;
};

} // namespace postseal::seal
