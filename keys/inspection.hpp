// SPDX-License-Identifier: Apache-2.0
// What GnuPG says about one certificate, and what that means for one address. GnuPG itself runs in
// a sealer process; here are only values and a pure judgement.
#pragma once

#include "keys/certificate.hpp"
#include "smtp/mailbox.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys {

/// What `unusable_because` says of a certificate whose primary key is revoked.
inline constexpr std::string_view revoked = "revoked";
/// And of one that can be used for other things only.
inline constexpr std::string_view no_encryption_key = "it has no encryption key";

struct inspection {
    std::string fingerprint;                    ///< primary key, hex in upper case; empty: GnuPG
                                                ///< found no certificate in the bytes
    std::vector<std::string> addresses;         ///< of valid user IDs, as GnuPG extracts them
    std::vector<std::uint64_t> encryption_keys; ///< IDs of subkeys usable now
    std::chrono::sys_seconds created{}; ///< as a key to encrypt to, where that is in the future
    std::optional<std::chrono::sys_seconds> expires;
    std::string unusable_because; ///< empty: usable; else "revoked", "expired on 2024-05-01", …
    std::string algorithm;        ///< of the key that would be encrypted to, as in `certificate`
};

struct judgement {
    std::optional<certificate> usable;
    std::string reason; ///< where not usable: a clause for a person
};

/// May `cleaned` (the bytes that were inspected) be used for `address` at `now`? The address has to
/// equal a valid user ID's (ASCII case ignored, domains compared as A-labels).
[[nodiscard]] judgement judge(const inspection& seen, std::string cleaned,
                              const smtp::mailbox& address, std::chrono::sys_seconds now);

} // namespace postseal::keys
