// SPDX-License-Identifier: Apache-2.0
#include "keys/turns.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postseal::keys {

namespace asio = boost::asio;

struct turns::ticket {
    asio::steady_timer called; ///< never by time
    bool granted = false;
};

asio::awaitable<turns::turn> turns::wait() { return wait_for(shared_from_this()); }

asio::awaitable<turns::turn> turns::wait_for(std::shared_ptr<turns> self) {
    if (self->free_ > 0) {
        --self->free_;
        co_return turn(self);
    }
    asio::steady_timer never(self->executor_, asio::steady_timer::time_point::max());
    const auto mine = std::make_shared<ticket>(ticket{std::move(never)});
    self->waiting_.push_back(mine);
    while (!mine->granted) {
        boost::system::error_code called;
        auto token = asio::redirect_error(asio::use_awaitable, called);
        auto waiting = mine->called.async_wait(std::move(token));
        co_await std::move(waiting);
    }
    co_return turn(self);
}

/// The turn goes to the next one directly, so that nobody can slip in between.
void turns::pass_on() {
    while (!waiting_.empty()) {
        const auto next = waiting_.front().lock();
        waiting_.pop_front();
        if (!next) continue;
        next->granted = true;
        next->called.cancel();
        return;
    }
    ++free_;
}

} // namespace postseal::keys
