// SPDX-License-Identifier: Apache-2.0
// How strong a key must be to be sealed to: the key that mail is encrypted to, not the one that
// vouches for it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postseal::policy {

/// The fewest bits of each kind of key.
struct min_strength {
    static constexpr std::uint32_t any = 0;
    static constexpr std::uint32_t never = UINT32_MAX;

    std::uint32_t rsa = 2048;
    /// Only old keys have it, beside DSA, and programs differ in how they make its numbers: what
    /// one encrypts to another's key can be read from outside (CVE-2021-40528).
    std::uint32_t elgamal = never;
    std::uint32_t curves = 256; ///< Curve25519 counts as one of 256

    bool operator==(const min_strength&) const = default;
};

/// Nothing is asked of any key.
[[nodiscard]] bool asks_nothing(const min_strength& least);

/// Why a key of this algorithm, in GnuPG's words (keys::certificate), is too weak: a clause for a
/// person. Nothing: it is not. A name that says nothing is too weak, unless nothing is asked.
[[nodiscard]] std::optional<std::string> shortfall(const min_strength& least,
                                                   std::string_view algorithm);

} // namespace postseal::policy
