// SPDX-License-Identifier: Apache-2.0
// What a lookup comes to: of what is known of an address, and of what the sources have said now,
// one finding, and what is to be remembered. No I/O, no clock.
//
// Nobody who can block a lookup, and no third party, ends sealing to an address or changes its key:
//
//   the sources say               and there was a key before, or the domain has served keys
//   found, a third party's        temporary where the domain could not be asked, unless it is the
//                                 same key
//   unusable, a third party's     temporary, unless it is the key that was used
//   unusable, the domain's own    held for a day where mail was sealed; then unusable
//   absent, the domain says so    temporary until it says so again after a day; then absent
//   absent, nobody says so        temporary
//
// Where a temporary one comes out of it and the earlier key is still good, that one is used.
#pragma once

#include "keys/hearing.hpp"
#include "keys/lifetimes.hpp"
#include "keys/record.hpp"

#include <chrono>
#include <string>

namespace postseal::keys {

struct conclusion {
    finding result; ///< not yet settled
    record_changes changes;
};

/// Of an address about which the sources were asked. `whole`: nothing more is known than `known`;
/// else nobody can say what there was before.
[[nodiscard]] conclusion conclude(const record& known, bool whole, const hearings& heard,
                                  std::chrono::sys_seconds now);

/// The last word on a finding, fresh from the sources or remembered: `known` is the record with all
/// changes, `pinned` the fingerprint of the only key that may be used, empty where any may.
[[nodiscard]] finding settle(finding said, const record& known, const std::string& pinned,
                             std::chrono::sys_seconds now);

/// From `now` until a memory is stale, less up to a tenth by `spread`, any number: not all that was
/// found in one hour is asked for again in one hour. Never behind the end of a key.
[[nodiscard]] std::chrono::sys_seconds fresh_until(const finding& what, const lifetimes& times,
                                                   std::chrono::sys_seconds now,
                                                   std::size_t spread);

/// How long the domain's own unusable key keeps mail waiting that was sealed before: until somebody
/// has noticed.
inline constexpr auto unusable_is_held_for = std::chrono::hours(24);

} // namespace postseal::keys
