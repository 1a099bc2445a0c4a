// SPDX-License-Identifier: Apache-2.0
// Is this what we asked GnuPG for? The last word on a ciphertext before it is called sealed: GPGME
// calls output complete that a killed gpg left half written. No I/O.
#pragma once

#include "keys/certificate.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace postseal::seal {

/// True for one whole message (RFC 4880 §11.3) with integrity protection whose session keys are for
/// the encryption keys of `recipients`: each session key for a key of one of them, no key twice,
/// one for every recipient, no password; and in which all of a plaintext of that many octets,
/// uncompressed, has room. `recipients` are different certificates, or states of one.
[[nodiscard]] bool is_sealed_to(std::string_view ciphertext, std::uint64_t plaintext_size,
                                std::span<const keys::certificate> recipients);

} // namespace postseal::seal
