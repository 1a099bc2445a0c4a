// SPDX-License-Identifier: Apache-2.0
// The values of this room that others reason about: a certificate that may be used, and what is
// known about a recipient's key. No I/O.
#pragma once

#include "smtp/mailbox.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys {

/// An OpenPGP certificate that GnuPG has judged usable for encryption to one address.
struct certificate {
    std::string fingerprint;                    ///< of the primary key, hex in upper case
    std::shared_ptr<const std::string> bytes;   ///< cleaned, binary, exactly one certificate
    std::vector<std::uint64_t> encryption_keys; ///< IDs of the subkeys that may be encrypted to
    std::chrono::sys_seconds created{};
    std::optional<std::chrono::sys_seconds> expires; ///< nothing: never
    /// GnuPG's name of the key that it encrypts to, the newest usable one: "cv25519", "rsa2048",
    /// "elg2048", "nistp256". Empty: judged before anybody asked.
    std::string algorithm;
};

enum class outcome {
    found,     ///< a usable certificate
    absent,    ///< an authenticated "no key"
    unusable,  ///< only expired, revoked or mismatching keys
    temporary, ///< could not be asked
};

[[nodiscard]] std::string_view to_string(outcome what);

/// On whose word a finding stands.
enum class origin {
    administrator, ///< of this relay
    domain,        ///< the address's own
    third_party,   ///< a keyserver
};

/// "administrator", "domain", "third party".
[[nodiscard]] std::string_view to_string(origin who);

/// Which of a domain's two places for keys, as the Web Key Directory has them.
enum class wkd_host { none, advanced, direct };

/// "none", "advanced", "direct".
[[nodiscard]] std::string_view to_string(wkd_host which);

/// What is known about the key of one address.
struct finding {
    outcome result = outcome::absent;
    std::optional<certificate> found; ///< exactly when `result` is found
    std::string source;               ///< "directory", "store", "wkd"; empty where none decided
    std::string reason;               ///< one clause for a person: why this result
    /// Of a temporary one: nobody ever knew a key, and only third parties, keyservers, could not be
    /// asked. It may be known after this time. Opportunistic mail does not wait for that.
    std::optional<std::chrono::seconds> retry_in{};
    origin from = origin::administrator;
    /// Of a found one: the fingerprint of another key, to which mail to the address was sealed up
    /// to now and still could be. Empty: there is none.
    std::string replaces{};
    /// An administrator has said which key alone may be used: there is one, whatever this lookup
    /// has come to.
    bool pinned = false;
    /// What is known of user@, where user+tag@ was asked for.
    bool of_base = false;
    /// Of a found one: what was known of the address could not be read, so nobody can say whether
    /// this is another key than before.
    bool may_replace = false;
    /// Mail to the address was sealed, or nobody can say: a key of it that may not be used holds
    /// mail.
    bool sealed_before = false;
    /// An administrator has said that they cannot read sealed mail, and nobody was asked: `reason`
    /// says who, when and why.
    bool opted_out = false;
    /// Whose key it is about, where that is not the recipient: the policy file says so (`key_of`).
    std::optional<smtp::mailbox> key_of{};
};

} // namespace postseal::keys
