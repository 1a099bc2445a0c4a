// SPDX-License-Identifier: Apache-2.0
// The spool's way to its next hop, one for all of its connections: a next hop that cannot be
// reached is left alone for a while, and not asked once for every entry.
// Fails: never by exception; why it cannot be reached is a reply.
#pragma once

#include "relay/next_hop.hpp"
#include "relay/settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace postseal::relay {

class journal;

/// A connection, and the settings by which it was made.
struct spool_connection {
    std::unique_ptr<next_hop> hop;
    std::shared_ptr<const settings> by;
};

class spool_hop {
  public:
    /// `current` is asked for each connection. `log` must outlive this.
    spool_hop(asio::any_io_executor executor,
              std::function<std::shared_ptr<const settings>()> current, journal& log);

    /// Leaves in `line` a connection that has been greeted: that one, or a new one where it is lost
    /// or was made by other settings than those of now, also where they have changed only while it
    /// was made.
    asio::awaitable<bool> reach(spool_connection& line);

    /// Is it left alone? Not any more once the settings are others: a reload may have repaired it.
    [[nodiscard]] bool rests() const;
    [[nodiscard]] std::chrono::sys_seconds rests_until() const { return rests_until_; }
    /// Why it could not be reached the last time.
    [[nodiscard]] const smtp::reply& said() const { return said_; }

  private:
    asio::awaitable<void> call(spool_connection& line, std::shared_ptr<const settings> by);
    void leave_alone(const std::shared_ptr<const settings>& by);

    asio::any_io_executor executor_;
    std::function<std::shared_ptr<const settings>()> current_;
    journal& log_;
    smtp::reply said_;
    std::shared_ptr<const settings> failed_by_; // the last time
    std::chrono::sys_seconds rests_until_{};
    unsigned failures_ = 0;  // in a row; those of calls at the same time are one
    std::uint64_t ends_ = 0; // calls that have told something new
};

} // namespace postseal::relay
