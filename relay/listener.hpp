// SPDX-License-Identifier: Apache-2.0
// Accepts clients on one address, drops those that may not come, and gives every other one a
// session. A front listener takes no mail before its next hop has shown that it refuses to relay
// for strangers. Limits: sessions of all listeners together, and of one client; peers outside
// `trusted` of a filter.
#pragma once

#include "relay/open_sessions.hpp"
#include "relay/services.hpp"
#include "relay/session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace postseal::relay {

class listener : public std::enable_shared_from_this<listener> {
  public:
    /// Stands on `current`'s listener number `index`, of which `socket` has the address.
    listener(asio::ip::tcp::acceptor socket, services& with,
             std::shared_ptr<const settings> current, std::size_t index, open_sessions& among);

    /// A socket for the listener. Throws std::runtime_error, with a sentence, when the address
    /// cannot be bound.
    [[nodiscard]] static asio::ip::tcp::acceptor bind(const asio::any_io_executor& executor,
                                                      const listener_settings& to);

    /// Accepts until stop(). Sessions keep what they need; this may go once it is stopped.
    void start();
    void stop();

    /// New settings for the same address, for sessions that start from now on.
    void adopt(std::shared_ptr<const settings> current, std::size_t index);

    [[nodiscard]] const listener_settings& where() const { return current_->listeners[index_]; }

  private:
    asio::awaitable<void> run(std::shared_ptr<listener> alive);
    asio::awaitable<void> prove(std::shared_ptr<listener> alive, std::uint64_t round);
    void renew_kept();
    void start_proof();
    void tell_of_a_long_wait(std::uint64_t round);
    void admit(asio::ip::tcp::socket client, asio::ip::tcp::endpoint from);
    asio::awaitable<void> serve(std::shared_ptr<listener> alive, std::shared_ptr<session> one,
                                open_sessions::place place);

    asio::any_io_executor executor_;
    services& with_;
    std::shared_ptr<const settings> current_;
    std::size_t index_;
    open_sessions& among_;
    std::shared_ptr<kept_connections> kept_; ///< null where each client has its own
    asio::ip::tcp::acceptor acceptor_;
    asio::steady_timer patience_; ///< between two self-tests
    std::uint64_t round_ = 0;     ///< of self-tests: an older one has no say
    session::admission may_ = session::admission::served;
};

} // namespace postseal::relay
