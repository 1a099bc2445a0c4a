// SPDX-License-Identifier: Apache-2.0
// What is known of an address, and why a lookup ended as it did, in words for an administrator.
// No I/O, no clock.
#pragma once

#include "keys/record.hpp"
#include "keys/verdict.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys {

/// What an address comes to, were it looked up now.
enum class standing {
    pinned,   ///< to a key that is kept with the pin
    waiting,  ///< pinned to a key that no source has served yet
    imported, ///< an administrator has given a key
    found,
    doubted,   ///< found before; its domain says that there is none, or none of use, any more
    expired,   ///< found, and expired since
    unusable,  ///< there are keys, none of which may be used
    absent,    ///< there is no key
    opted_out, ///< cannot read sealed mail, on an administrator's word
    unknown,   ///< nobody has been asked, or that was long ago
};

[[nodiscard]] std::string_view to_string(standing what);

/// One line of a list.
struct account {
    standing state = standing::unknown;
    std::string fingerprint; ///< of the key that would be used; empty: there is none
    std::string algorithm;   ///< empty: not known
    std::string source;
    std::optional<std::chrono::sys_seconds> expires;
    std::optional<std::chrono::sys_seconds> asked;
    std::optional<std::chrono::sys_seconds> fresh_until;
    std::optional<std::chrono::sys_seconds> sealed; ///< last
};

/// A pin of the policy file. It comes before what the store has of the address, which knows nothing
/// of it.
struct policy_pin {
    std::string fingerprint;
    std::string place; ///< "policy.yaml:12"
};

/// `pin` is null where the policy has none for the address; so below.
[[nodiscard]] account summarise(const record& known, std::chrono::sys_seconds now,
                                const policy_pin* pin = nullptr);

/// Is it of interest without being asked for: there is a key, or mail was sealed to the address?
[[nodiscard]] bool has_key_or_had(const record& known);

/// What an administrator should know and does not see from the values, a sentence each.
[[nodiscard]] std::vector<std::string> remarks(const record& known, std::chrono::sys_seconds now,
                                               const policy_pin* pin = nullptr);

/// Why a lookup ended with `result`, where the store had `before`: a sentence or two.
[[nodiscard]] std::string explain(const finding& result, const record& before,
                                  std::chrono::sys_seconds now, const policy_pin* pin = nullptr);

/// "2026-11-26".
[[nodiscard]] std::string day(std::chrono::sys_seconds when);

/// "2026-11-26 03:39 UTC".
[[nodiscard]] std::string minute(std::chrono::sys_seconds when);

} // namespace postseal::keys
