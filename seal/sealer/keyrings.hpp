// SPDX-License-Identifier: Apache-2.0
// Keyrings of one certificate each, for those that are used again: gpg remembers in them which
// signatures it has checked. A ring belongs to a certificate's very bytes and is never shared, so
// no certificate can stand in for another; once made it cannot be changed, not even by a gpg that a
// later certificate has taken over.
// Fails: a certificate without a ring is used as a file. Limits: max_keyrings, the least recently
// used goes first.
#pragma once

#include "seal/descriptor.hpp"
#include "seal/sealer/gpg.hpp"

#include <cstddef>
#include <list>
#include <string>
#include <utility>

namespace postseal::seal {

/// Each costs a descriptor and some pages.
inline constexpr std::size_t max_keyrings = 256;

struct keyring {
    descriptor file; ///< sealed, in memory
    std::string fingerprint;
};

class keyrings {
  public:
    explicit keyrings(gpg_installation installed) : installed_(std::move(installed)) {}

    /// The ring of the certificate in that file, or none. It is made at the second use, since a
    /// ring costs one run of gpg and saves a quarter of one. Valid until the next call.
    [[nodiscard]] const keyring* find(const descriptor& certificate);

    /// Drops the ring that was found last: it was of no use.
    void forget_last();

  private:
    struct entry {
        std::string certificate;
        keyring ring; ///< without a file until it is made, or where it could not be made
        std::size_t uses = 0;
    };

    entry* entry_for(const descriptor& certificate);

    gpg_installation installed_;
    std::list<entry> entries_; // the last used first
};

} // namespace postseal::seal
