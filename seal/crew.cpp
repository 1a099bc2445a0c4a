// SPDX-License-Identifier: Apache-2.0
// The line of requests, and one request's exchange with its sealer. keeper.cpp has the rest.
#include "seal/crew.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <poll.h>

#include <algorithm>
#include <utility>

namespace postseal::seal {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// From here on a sealer counts as one that cannot work at all, and requests need not wait for it.
constexpr unsigned failures_in_a_row = 3;

// Or has hung up.
bool has_spoken(int socket) {
    pollfd heard{socket, POLLIN, 0};
    return ::poll(&heard, 1, 0) != 0;
}

} // namespace

struct crew::waiter {
    waiter(const asio::any_io_executor& executor, std::deque<waiter*>& line)
        : woken(executor), line_(line) {
        line_.push_back(this);
    }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    ~waiter() { std::erase(line_, this); }

    asio::steady_timer woken; // cancelled when there is something to see
    member* given = nullptr;

  private:
    std::deque<waiter*>& line_;
};

asio::awaitable<boost::system::result<answer>> crew::ask(std::shared_ptr<crew> self, job work) {
    std::vector<int> descriptors;
    for (const auto& each : work.descriptors) {
        descriptors.push_back(each.get());
    }
    // A sealer that died while idle is noticed when it is given work; then the next one gets it.
    for (std::size_t attempt = 0; attempt <= self->members_.size(); ++attempt) {
        auto choosing = next_free(self, work.deadline);
        member* const one = co_await std::move(choosing);
        if (!one) co_return self->reason_for_none();
        // What one says unasked would pass for the answer to this request.
        const int socket = one->socket.native_handle();
        if (has_spoken(socket) || send_packet(socket, work.packet, descriptors)) {
            self->end(*one);
            continue;
        }
        auto working = work_on(self, *one, work.deadline);
        auto answered = co_await std::move(working);
        co_return answered;
    }
    co_return errc::no_sealer;
}

asio::awaitable<crew::member*> crew::next_free(std::shared_ptr<crew> self, time_point deadline) {
    if (self->stopped_ || self->all_failing()) co_return nullptr;
    if (auto* const one = self->idle_one()) {
        one->now = phase::busy;
        co_return one;
    }
    if (self->line_.size() >= self->max_waiting_) co_return nullptr;

    waiter place(self->executor_, self->line_);
    place.woken.expires_at(deadline);
    error_code ignored;
    auto waiting = place.woken.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_await std::move(waiting);
    if (place.given && std::chrono::steady_clock::now() >= deadline) {
        self->set_free(*place.given);
        co_return nullptr;
    }
    co_return place.given;
}

// The timer kills, the wake-up follows: the coroutine waits for one thing only.
asio::awaitable<boost::system::result<answer>> crew::work_on(std::shared_ptr<crew> self,
                                                             member& one, time_point deadline) {
    const auto number = ++one.jobs;
    const auto is_ours = [&one, number] { return one.now == phase::busy && one.jobs == number; };

    // The timer's handler may run after its cancellation, even after this coroutine.
    const auto late = std::make_shared<bool>(false);
    asio::steady_timer timer(self->executor_);
    timer.expires_at(deadline);
    timer.async_wait([self, &one, number, late](error_code cancelled) {
        if (cancelled || one.now != phase::busy || one.jobs != number) return;
        *late = true;
        self->end(one);
    });

    error_code failed;
    auto answering = one.socket.async_wait(asio::posix::stream_descriptor::wait_read,
                                           asio::redirect_error(asio::use_awaitable, failed));
    co_await std::move(answering);
    timer.cancel();
    if (*late) co_return errc::timed_out;
    if (self->stopped_) co_return errc::no_sealer;
    if (!is_ours()) co_return errc::sealer_died;

    const auto got = receive_packet(one.socket.native_handle());
    const auto read = got ? read_answer(got->packet) : std::nullopt;
    if (!read) {
        self->end(one);
        co_return errc::sealer_died;
    }
    one.failures = 0;
    self->set_free(one);
    if (read->failed) co_return *read->failed;
    co_return *read;
}

void crew::set_free(member& one) {
    if (one.now == phase::ending || one.now == phase::down) return;
    one.now = phase::idle;
    if (line_.empty()) return;
    auto& first = *line_.front();
    line_.pop_front();
    one.now = phase::busy;
    first.given = &one;
    first.woken.cancel();
}

// Its keeper sees it die, and does the rest.
void crew::end(member& one) {
    one.now = phase::ending;
    if (one.process) one.process->kill();
    error_code ignored;
    one.socket.cancel(ignored);
}

void crew::send_all_home() {
    for (auto* const each : line_) {
        each->woken.cancel();
    }
}

crew::member* crew::idle_one() {
    for (const auto& one : members_) {
        if (one->now == phase::idle) return one.get();
    }
    return nullptr;
}

bool crew::all_failing() const {
    return std::all_of(members_.begin(), members_.end(), [](const auto& one) {
        const bool alive = one->now == phase::idle || one->now == phase::busy;
        return one->failures >= failures_in_a_row && !alive;
    });
}

errc crew::reason_for_none() const {
    if (stopped_ || line_.size() >= max_waiting_) return errc::no_sealer;
    // One that is ending was late with another request, perhaps a moment ago.
    const bool any_worked = std::any_of(members_.begin(), members_.end(), [](const auto& one) {
        return one->now == phase::idle || one->now == phase::busy || one->now == phase::ending;
    });
    return any_worked ? errc::timed_out : errc::no_sealer;
}

} // namespace postseal::seal
