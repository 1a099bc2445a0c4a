// SPDX-License-Identifier: Apache-2.0
// Tells the sender of a mail what its client cannot hear any more: a notification (message/dsn)
// about recipients of an owed copy, handed to a next hop from <>.
// Fails: never by exception of its own; what goes wrong on the network is a reply.
#pragma once

#include "policy/notification.hpp"
#include "relay/next_hop.hpp"
#include "relay/settings.hpp"
#include "relay/spool.hpp"
#include "relay/spool_entry.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::relay {

class journal;

/// Of whom a report speaks.
enum class report_about {
    outcome, ///< the recipients of whom a report or a notice is owed
    delay,   ///< those to whom the copy is still owed
};

struct report {
    smtp::mailbox to;
    bool smtputf8 = false;
    bool requiretls = false; ///< its mail asked for it
    std::string text;        ///< the whole message
};

struct written_report {
    std::optional<relay::report> report; ///< none: nobody is to be told, or nobody may be
    std::vector<policy::untold> silent;  ///< `recipient` counts in entry.recipients
};

/// `copy` is the content of the entry, of which only header fields are shown.
[[nodiscard]] written_report write_report(const settings& current, const spool_entry& about,
                                          std::string_view copy, report_about what,
                                          std::chrono::sys_seconds now);

/// Of MAIL. It is protected as its mail was, where the next hop can do that; where not, it is not
/// lost (RFC 8689 §5).
[[nodiscard]] std::vector<smtp::parameter> parameters_of(const report& sent,
                                                         const smtp::extensions& offered);

/// Hands it over in a transaction of its own. `to` has been greeted, and must live until this
/// returns. `addressee` is the report's own, or who gets it in their place.
asio::awaitable<smtp::reply> send_report(next_hop& to, std::shared_ptr<const report> sent,
                                         smtp::mailbox addressee);

enum class report_outcome {
    settled, ///< sent, or rightly not made, or dropped, which the log says
    not_now, ///< to be tried again
};

/// Writes and sends it to the spool's next hop. What its sender's server refuses goes to the
/// postmaster; what nobody takes is dropped in the end.
asio::awaitable<report_outcome> tell_sender(asio::any_io_executor executor,
                                            std::shared_ptr<const settings> current, journal& log,
                                            std::shared_ptr<const spool_claim> about,
                                            report_about what);

/// One line each for the log: a copy is lost, and its sender does not hear of it.
void log_silence(journal& log, const spool_entry& about, const std::vector<policy::untold>& silent);

} // namespace postseal::relay
