// SPDX-License-Identifier: Apache-2.0
// The running relay: its listeners, the signals that steer it, and an orderly end.
//   SIGTERM, SIGINT  stop accepting, finish transactions under way within limits.drain, leave
//   SIGHUP           read the configuration again; the old one stays when the new is wrong
#pragma once

#include "relay/listener.hpp"
#include "relay/passed_sockets.hpp"
#include "relay/services.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace postseal::relay {

class server {
  public:
    /// `reload` reads the settings anew and throws where they are wrong.
    /// Throws std::runtime_error where an address cannot be bound, or where a socket that was
    /// passed belongs to no listener.
    server(asio::io_context& context, services& with, passed_sockets passed,
           std::function<std::shared_ptr<const settings>()> reload);

    /// Starts accepting and tells the service manager. Returns at once; the context does the work.
    void start();

    /// Called when a reload has put these in force.
    std::function<void(const settings&)> on_reloaded;
    /// Called when a stop begins.
    std::function<void()> on_draining;
    /// Is the spool still at work, which a stop waits for as for the sessions?
    std::function<bool()> is_busy;
    /// Called when the last session has ended after a stop.
    std::function<void()> on_stopped;

  private:
    void wait_for_signal();
    void reload_settings();
    void stand_on(const std::shared_ptr<const settings>& next);
    std::shared_ptr<listener> make_listener(const std::shared_ptr<const settings>& from,
                                            std::size_t index, std::optional<std::size_t> socket);
    [[nodiscard]] std::shared_ptr<listener> standing_at(const endpoint& wanted,
                                                        std::optional<std::size_t> socket) const;
    void limit_sessions();
    void start(listener& one, std::optional<std::size_t> socket);
    void drain();
    asio::awaitable<void> finish();
    [[nodiscard]] bool is_spool_busy() const;
    [[nodiscard]] bool is_under_way() const;
    asio::awaitable<void> feed_watchdog(std::chrono::microseconds every);

    asio::io_context& context_;
    services& with_;
    passed_sockets passed_;
    std::function<std::shared_ptr<const settings>()> reload_;
    open_sessions sessions_;
    std::vector<std::shared_ptr<listener>> listeners_;
    std::vector<std::optional<std::size_t>> sockets_; ///< that were passed, of each listener
    asio::signal_set signals_;
    bool draining_ = false;
};

} // namespace postseal::relay
