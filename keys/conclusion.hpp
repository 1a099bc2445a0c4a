// SPDX-License-Identifier: Apache-2.0
// What a lookup comes to: of what is known of an address, and of what the sources have said now,
// one finding, and what is to be remembered. No I/O, no clock.
//
// Nobody who can block a lookup, and no third party, ends sealing to an address or changes its key:
//
//   the sources say               and there was a key before, or the domain has served keys
//   found, a third party's        temporary where the domain could not be asked; held for a day
//                                 where the domain's own may not be used; unless it is the same key
//   unusable, a third party's     temporary, unless it is the key that was used: if that is
//   revoked,
//                                 or the domain has a say
//   unusable, the domain's own    held for a day where mail was sealed; then unusable
//   unusable, too much to read    temporary while the earlier key may be used on; then as above
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

/// What is known of an address. Not whole: the store could not be read, and may know more; nobody
/// can say what there was before.
struct recalled {
    record known;
    bool is_whole = true;
};

/// Of an address about which the sources were asked. `pinned`: the fingerprint of the only key that
/// may be used, empty where any may.
[[nodiscard]] conclusion conclude(const recalled& before, const hearings& heard,
                                  const std::string& pinned, std::chrono::sys_seconds now);

/// Has its owner revoked the key, as far as is known of the address?
[[nodiscard]] bool is_revoked(const record& known, const std::string& fingerprint);

/// The last word on a finding, fresh from the sources or remembered: `told` has the record with all
/// changes.
[[nodiscard]] finding settle(finding said, const recalled& told, const std::string& pinned,
                             std::chrono::sys_seconds now);

/// Of a settled one: its key was found, and may not be used after all. To whom mail was sealed, it
/// holds mail as one that was found to be unusable does.
[[nodiscard]] finding give_up(finding found, const std::string& because);

/// From `now` until a memory is stale, less up to a tenth by `spread`, any number: not all that was
/// found in one hour is asked for again in one hour. Never behind the end of a key.
[[nodiscard]] std::chrono::sys_seconds fresh_until(const finding& what, const lifetimes& times,
                                                   std::chrono::sys_seconds now,
                                                   std::size_t spread);

/// How long the domain's own unusable key keeps mail waiting that was sealed before: until somebody
/// has noticed.
inline constexpr auto unusable_is_held_for = std::chrono::hours(24);

} // namespace postseal::keys
