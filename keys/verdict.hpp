// SPDX-License-Identifier: Apache-2.0
// Makes one finding of what several sources said about one address. No I/O, no clock.
#pragma once

#include "keys/certificate.hpp"
#include "keys/record.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

namespace postseal::keys {

/// `said` in the order of the sources. Found wins, the first one of several. Without one, temporary
/// beats everything: whoever could not be asked might have had the key. Then unusable beats absent:
/// that there was a key is worth telling. A keyserver that could not be asked (finding::retry_in)
/// beats nothing but absent.
[[nodiscard]] finding combine(std::span<const finding> said);

/// May `entry` be used instead of asking? A certificate that has expired meanwhile may not, and
/// what was asked in the future was remembered under a wrong clock.
[[nodiscard]] bool is_fresh(const memory& entry, std::chrono::sys_seconds now);

/// Where `result` is temporary and a certificate from before is still good, that one. Not being
/// able to ask is no reason to stop sealing to somebody.
[[nodiscard]] finding fall_back(finding result, const memory& entry, std::chrono::sys_seconds now);

/// How the reason of such a one begins.
inline constexpr std::string_view used_on = "found before, and could not be asked for again: ";

/// An absence where there was a key before.
struct doubted {
    finding said;
    std::optional<std::chrono::sys_seconds> denied_since; ///< to be remembered
    bool confirmed = false;                               ///< the key is gone
};

/// Whoever blocks lookups, or whose server lost its files for an hour, does not end sealing:
/// `absent` is temporary until the address's own domain has said so (`authoritative`) twice, a day
/// apart. Anything else passes as it is; a found key begins anew.
[[nodiscard]] doubted doubt(finding said, bool authoritative,
                            std::optional<std::chrono::sys_seconds> denied_since,
                            std::chrono::sys_seconds now);

inline constexpr auto confirmed_after = std::chrono::hours(24);

/// The two words have to be of one time: what was said a year ago confirms nothing.
inline constexpr auto doubted_for = std::chrono::hours(24 * 30);

/// How long a found key is used on while nobody can be asked for it.
inline constexpr auto believed_for = std::chrono::hours(24 * 30);

[[nodiscard]] bool is_expired(const certificate& held, std::chrono::sys_seconds now);

} // namespace postseal::keys
