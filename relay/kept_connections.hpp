// SPDX-License-Identifier: Apache-2.0
// Connections to one next hop which sessions have left in good order, for the clients that come
// next. Whoever gives one sees to it that nothing of its session is left in it; whoever takes one
// says a hello, which ends what there might be (RFC 5321 §4.1.1.1).
// Fails: never. What cannot be kept is told QUIT and closed.
// Limits: the constants below.
#pragma once

#include "relay/connection.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

namespace postseal::relay {

struct kept_connection {
    std::unique_ptr<connection> stands;
    std::chrono::steady_clock::time_point since; ///< when it was made
    std::size_t messages = 0;                    ///< that it has carried
};

class kept_connections : public std::enable_shared_from_this<kept_connections> {
  public:
    /// Idle at once. Each takes a process of a Postfix, which has 100 of them unless it is told
    /// otherwise.
    static constexpr std::size_t most = 20;
    /// Both as Postfix keeps its own (smtp_connection_cache_time_limit and …_reuse_time_limit).
    static constexpr std::chrono::seconds longest_idle{2};
    static constexpr std::chrono::seconds longest_use{300};
    /// Some servers count the messages of a connection and refuse what comes then (OpenSMTPD: 100).
    /// The next client has messages of its own to send.
    static constexpr std::size_t most_messages = 50;

    explicit kept_connections(asio::any_io_executor executor);

    /// `one` has nothing left to send.
    void keep(kept_connection one);

    /// The one that was left last, if there is one that stands and has not said a word since.
    [[nodiscard]] std::optional<kept_connection> take();

    /// Keeps none from now on.
    void close();

    [[nodiscard]] std::size_t count() const { return idle_.size(); }

  private:
    struct idle_connection {
        kept_connection one;
        std::chrono::steady_clock::time_point until;
    };

    void sweep_later();
    void sweep();

    std::deque<idle_connection> idle_; ///< the one that was left last is at the end
    asio::steady_timer timer_;
    bool sweeping_ = false; ///< the timer runs
    bool closed_ = false;
};

} // namespace postseal::relay
