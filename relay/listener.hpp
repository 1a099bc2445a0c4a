// SPDX-License-Identifier: Apache-2.0
// Accepts clients on one address, drops those that may not come, and gives every other one a
// session. Limits: sessions of all listeners together; peers outside `trusted` where it is given.
#pragma once

#include "relay/services.hpp"
#include "relay/session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <list>
#include <memory>

namespace postseal::relay {

/// Sessions that run now, whichever listener took them.
class open_sessions {
  public:
    using place = std::list<session*>::iterator;

    place add(session& one) { return sessions_.insert(sessions_.end(), &one); }
    void remove(place where) { sessions_.erase(where); }
    [[nodiscard]] std::size_t count() const { return sessions_.size(); }
    [[nodiscard]] bool draining() const { return draining_; }
    void drain();
    void abandon();

  private:
    std::list<session*> sessions_;
    bool draining_ = false;
};

class listener {
  public:
    /// Throws std::runtime_error, with a sentence, when the address cannot be bound.
    listener(asio::any_io_executor executor, services& with, listener_settings where,
             open_sessions& among);

    /// Accepts until stop().
    asio::awaitable<void> run();
    void stop();

    [[nodiscard]] const listener_settings& where() const { return settings_; }

  private:
    void admit(asio::ip::tcp::socket client);
    asio::awaitable<void> serve(std::shared_ptr<session> one, open_sessions::place place);

    asio::any_io_executor executor_;
    services& with_;
    listener_settings settings_;
    open_sessions& among_;
    asio::ip::tcp::acceptor acceptor_;
};

} // namespace postseal::relay
