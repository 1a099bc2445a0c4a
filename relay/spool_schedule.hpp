// SPDX-License-Identifier: Apache-2.0
// When an owed delivery is tried again, and when it is given up (RFC 5321 §4.5.4.1). Pure: time and
// chance are arguments.
#pragma once

#include "relay/spool_entry.hpp"
#include "smtp/reply.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace postseal::relay {

struct retry_rule {
    std::chrono::seconds first{60};              ///< after the first failure; then doubled
    std::chrono::seconds longest{3600};          ///< between two attempts
    std::chrono::seconds lifetime{48 * 3600};    ///< of an entry
    std::chrono::seconds delay_notice{4 * 3600}; ///< age at which its sender is told; 0: never
};

/// How long to wait after `failures` of them (at least 1) in a row. `chance` is any random number:
/// it takes away up to a fifth, so that what failed together does not come back together.
[[nodiscard]] std::chrono::seconds back_off(const retry_rule& rule, unsigned failures,
                                            std::uint32_t chance);

enum class spool_step {
    wait,   ///< until spool_plan::when
    send,   ///< now; of a held one: look whether it may be sent
    report, ///< nobody is to get it any more; the sender is to be told now
};

struct spool_plan {
    spool_step step = spool_step::wait;
    std::chrono::sys_seconds when; ///< now, or the end of the wait
};

/// What to do with an entry. Nothing is given up without a last attempt, so that a relay which was
/// down for a week still tries each once. An attempt that lies further ahead than any wait can be
/// was planned by a clock that has been set back since: it is due.
[[nodiscard]] spool_plan next_step(const spool_entry& entry, const retry_rule& rule,
                                   std::chrono::sys_seconds now);

/// Is its sender to be told that the mail is late? Not of what is only reported any more.
[[nodiscard]] bool is_delay_notice_due(const spool_entry& entry, const retry_rule& rule,
                                       std::chrono::sys_seconds now);

/// Does the next hop that has taken a copy tell the sender who asked for that (DSN, RFC 3461)?
enum class success_is { told_by_next_hop, ours_to_tell };

/// The entry after an attempt, with a reply for each recipient in their order (of one to whom only
/// a report is owed it is not looked at; one without a code: they were not tried, nothing changes
/// for them, and the entry stays due: only a stop or a reload leaves somebody out, so that does not
/// come again and again). Served recipients are gone, or owe a notice; refused ones owe a report,
/// the rest is tried again after a while, and where `hold_for` ends; or, where the entry has
/// expired, not any more.
[[nodiscard]] spool_entry after_attempt(spool_entry entry, const std::vector<smtp::reply>& replies,
                                        success_is success, const retry_rule& rule,
                                        std::chrono::sys_seconds now, std::uint32_t chance);

} // namespace postseal::relay
