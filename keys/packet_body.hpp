// SPDX-License-Identifier: Apache-2.0
// What is inside key and signature packets (RFC 4880 §5.2, §5.5), as far as it decides which of
// them belong together. Nothing is verified here. No I/O.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys {

struct public_key {
    std::string fingerprint; ///< 20 octets
};

enum class key_fault {
    version,   ///< not 4
    algorithm, ///< not one of RSA, ElGamal, DSA, ECDH, ECDSA, EdDSA (1, 2, 3, 16 to 19, 22)
    malformed, ///< numbers too long, or not exactly filling the packet
};

[[nodiscard]] boost::system::result<public_key, key_fault> read_public_key(std::string_view body);

/// Signature types that matter here (RFC 4880 §5.2.1).
enum class signs { user_id, direct_key, key_revocation, subkey, something_else };

struct signature {
    signs what = signs::something_else;
    std::vector<std::string> issuers; ///< as written in it: 8 octets of a key ID, or a fingerprint
    bool revokes = false;             ///< a key, a subkey or a user ID
};

/// Versions 4 and 3; the latter since an old revocation is still one. Nothing where it is
/// malformed.
[[nodiscard]] std::optional<signature> read_signature(std::string_view body);

/// True where the signature names issuers and all of them are `key`.
[[nodiscard]] bool claims_issuer(const signature& claim, const public_key& key);

[[nodiscard]] std::string hex_upper(std::string_view octets);

} // namespace postseal::keys
