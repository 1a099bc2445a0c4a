// SPDX-License-Identifier: Apache-2.0
#include "relay/kept_connections.hpp"

#include <boost/system/error_code.hpp>

#include <utility>

namespace postseal::relay {

namespace {

using clock = std::chrono::steady_clock;

} // namespace

kept_connections::kept_connections(asio::any_io_executor executor) : timer_(std::move(executor)) {}

void kept_connections::keep(kept_connection one) {
    const auto now = clock::now();
    if (closed_ || idle_.size() >= most || one.messages >= most_messages ||
        now - one.since >= longest_use) {
        one.stands->close_with("QUIT\r\n");
        return;
    }
    idle_.push_back({std::move(one), now + longest_idle});
    if (!sweeping_) sweep_later();
}

// The last one first: where there are few clients, the others fall idle and go.
std::optional<kept_connection> kept_connections::take() {
    while (!idle_.empty()) {
        auto last = std::move(idle_.back());
        idle_.pop_back();
        if (clock::now() < last.until && last.one.stands->is_silent()) return std::move(last.one);
        last.one.stands->close_with("QUIT\r\n");
    }
    return std::nullopt;
}

void kept_connections::close() {
    closed_ = true;
    timer_.cancel();
    for (auto& each : std::exchange(idle_, {}))
        each.one.stands->close_with("QUIT\r\n");
}

// Not one timer for each, but one for that which goes first; mostly it has been taken by then.
void kept_connections::sweep_later() {
    sweeping_ = true;
    timer_.expires_at(idle_.front().until);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
        const auto still = weak.lock();
        if (!failed && still) still->sweep();
    });
}

void kept_connections::sweep() {
    sweeping_ = false;
    const auto now = clock::now();
    while (!idle_.empty() && idle_.front().until <= now) {
        idle_.front().one.stands->close_with("QUIT\r\n");
        idle_.pop_front();
    }
    if (!idle_.empty()) sweep_later();
}

} // namespace postseal::relay
