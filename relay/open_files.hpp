// SPDX-License-Identifier: Apache-2.0
// How many sessions the limit of open files (RLIMIT_NOFILE) has room for. One more than that is
// turned away with a reply and comes again; without a descriptor left, it would be the sessions
// under way that fail.
#pragma once

#include <cstddef>
#include <cstdint>

namespace postseal::relay {

/// Of the program itself: sealers, key store, listeners, spool, and lookups that run at once.
inline constexpr std::uint64_t files_of_the_program = 320;

/// Of one session: client, next hop, the message, and what is made of it. A message with many
/// blind recipients takes more, but not in every session at once.
inline constexpr std::uint64_t files_of_a_session = 8;

/// A few at least: a limit that has not even room for these shows soon.
inline constexpr std::size_t fewest_sessions = 4;

[[nodiscard]] std::size_t sessions_within(std::uint64_t open_files);

/// Raises the limit for `wanted` sessions as far as the administrator allows it (the hard limit),
/// and says for how many there is room.
[[nodiscard]] std::size_t make_room_for_sessions(std::size_t wanted);

} // namespace postseal::relay
