// SPDX-License-Identifier: Apache-2.0
// Lets so many coroutines work at once; the others wait for their turn, first come, first served.
// For one executor thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <deque>
#include <memory>

namespace postseal::keys {

class turns : public std::enable_shared_from_this<turns> {
  public:
    /// Has to be made by std::make_shared: whoever has a turn keeps this alive.
    turns(boost::asio::any_io_executor executor, std::size_t at_once)
        : executor_(std::move(executor)), free_(at_once) {}

    /// Ends with its destruction, in a coroutine that is thrown away as well.
    class turn {
      public:
        explicit turn(std::shared_ptr<turns> from) : from_(std::move(from)) {}
        turn(turn&&) = default;
        turn& operator=(turn&&) = delete;
        ~turn() {
            if (from_) from_->pass_on();
        }

      private:
        std::shared_ptr<turns> from_;
    };

    boost::asio::awaitable<turn> wait();

  private:
    struct ticket;

    static boost::asio::awaitable<turn> wait_for(std::shared_ptr<turns> self);
    void pass_on();

    boost::asio::any_io_executor executor_;
    std::size_t free_;
    std::deque<std::weak_ptr<ticket>> waiting_; ///< gone: its coroutine was thrown away
};

} // namespace postseal::keys
