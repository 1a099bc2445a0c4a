// SPDX-License-Identifier: Apache-2.0
// The running relay: its listeners, the signals that steer it, and an orderly end.
//   SIGTERM, SIGINT  stop accepting, finish transactions under way within limits.drain, leave
//   SIGHUP           read the configuration again; the old one stays when the new is wrong
#pragma once

#include "relay/listener.hpp"
#include "relay/services.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace postseal::relay {

class server {
  public:
    /// `reload` reads the settings anew and throws where they are wrong.
    /// Throws std::runtime_error where an address cannot be bound.
    server(asio::io_context& context, services& with,
           std::function<std::shared_ptr<const settings>()> reload);

    /// Starts accepting and tells the service manager. Returns at once; the context does the work.
    void start();

    /// Called when a stop begins.
    std::function<void()> on_draining;
    /// Is something besides the sessions still under way, which a stop waits for as for them?
    std::function<bool()> is_busy;
    /// Called when the last session has ended after a stop.
    std::function<void()> on_stopped;

  private:
    void wait_for_signal();
    void reload_settings();
    void stand_on(const std::shared_ptr<const settings>& next);
    void start(listener& one);
    void drain();
    asio::awaitable<void> finish();
    [[nodiscard]] bool is_under_way() const;
    asio::awaitable<void> feed_watchdog(std::chrono::microseconds every);

    asio::io_context& context_;
    services& with_;
    std::function<std::shared_ptr<const settings>()> reload_;
    open_sessions sessions_;
    std::vector<std::shared_ptr<listener>> listeners_;
    asio::signal_set signals_;
    bool draining_ = false;
};

} // namespace postseal::relay
