// SPDX-License-Identifier: Apache-2.0
// Who is told what of a delivery that no reply can speak of any more: the client has heard 250, or
// the copy comes out of the spool. From the envelope and each recipient's fate to the report for
// the sender, and to what nobody is told (RFC 3461 §4.1, §5.2).
#pragma once

#include "message/dsn.hpp"
#include "policy/rules.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::policy {

enum class fate {
    delivered, ///< taken by a next hop that offers DSN, and has heard NOTIFY and ORCPT
    relayed,   ///< taken by one that does not
    refused,   ///< for good
    delayed,   ///< still tried, for longer than a sender would expect
    expired,   ///< given up
};

/// A recipient's fate and what a report says of it (message::recipient_report has the shapes).
struct outcome {
    std::size_t recipient = 0; ///< index into envelope.recipients
    policy::fate fate = fate::delivered;
    smtp::reply said;
    std::string said_by;
    std::optional<long long> last_attempt;
    std::optional<long long> retried_until;
};

/// Why nobody hears that a copy was lost.
enum class silence {
    null_sender,    ///< a report itself, or other mail that must not be answered (RFC 5321 §4.5.5)
    foreign_sender, ///< outside the local domains: likely forged, and not ours to write to
    never_wanted,   ///< NOTIFY=NEVER
    not_wanted,     ///< NOTIFY without FAILURE
};

/// One clause for the log.
[[nodiscard]] std::string_view to_string(silence why);

/// Would its sender hear of it if this recipient's copy were lost? Nothing: yes.
[[nodiscard]] std::optional<silence>
silence_about(const rule_set& rules, const smtp::envelope& envelope, const smtp::recipient& to);

/// A copy that is refused or expired, and that nobody is told of: the log is all that remains.
struct untold {
    std::size_t recipient = 0; ///< index into envelope.recipients
    policy::fate fate = fate::refused;
    silence why = silence::null_sender;
};

struct notification {
    std::vector<message::recipient_report> to_sender; ///< one DSN; empty: none. In envelope order.
    std::vector<untold> silent;                       ///< the same order
};

/// Without NOTIFY a sender hears of failures, and of nothing else. SUCCESS is the next hop's to
/// answer, unless the copy was relayed to one that cannot: then that is told (RFC 3461 §5.2.2).
/// A delay is told to who asked for DELAY; telling it once is the caller's part. RET is not looked
/// at: no notification has content.
[[nodiscard]] notification notify(const rule_set& rules, const smtp::envelope& envelope,
                                  const std::vector<outcome>& outcomes);

/// Who gets a notification that `refused` did not take: it is sent on as it is, from <>, for there
/// is no notification about a notification. The postmaster, or, where that is who refused it or
/// nobody was named, no one; then it is dropped, and logged.
[[nodiscard]] std::optional<smtp::mailbox>
next_addressee(const smtp::mailbox& refused, const std::optional<smtp::mailbox>& postmaster);

} // namespace postseal::policy
