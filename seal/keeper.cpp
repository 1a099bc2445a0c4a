// SPDX-License-Identifier: Apache-2.0
// The keeper of each sealer, and how the crew comes and goes. crew.cpp has the requests.
#include "seal/crew.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

namespace postseal::seal {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// A sealer runs gpg a few times before it is ready, which takes 20 ms on an idle machine.
constexpr milliseconds start_limit{10'000};

// The first death is made good at once; one after the other, the keeper takes its time.
constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{10'000};

// How often a killed group is looked at until it is gone, and for how long stop() does.
constexpr milliseconds between_looks{2};
constexpr milliseconds stop_limit{2'000};

milliseconds pause_after(unsigned failures) {
    if (failures <= 1) return milliseconds{0};
    const unsigned doublings = std::min(failures - 2, 10u);
    return std::min(first_pause * (1 << doublings), longest_pause);
}

bool says_ready(int socket) {
    const auto got = receive_packet(socket);
    return got && read_answer(got->packet);
}

bool is_readable(int socket, steady_clock::time_point until) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    pollfd waiting{socket, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(std::max<long>(left.count(), 0))) == 1;
}

} // namespace

crew::crew(asio::any_io_executor executor, sealer_command command, std::size_t size,
           std::size_t max_waiting)
    : executor_(std::move(executor)), command_(std::move(command)), max_waiting_(max_waiting) {
    for (std::size_t i = 0; i < std::max<std::size_t>(size, 1); ++i) {
        members_.push_back(std::make_unique<member>(executor_));
    }
}

void crew::start() {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot become a subreaper");
    }
    remove_abandoned_homes(command_.runtime_directory);
    for (const auto& one : members_) {
        open(*one);
    }
    // The only blocking wait, so that a program that cannot seal says so when it starts. Whoever
    // is not ready yet stays its keeper's concern.
    const auto limit = steady_clock::now() + start_limit;
    bool any = false;
    for (const auto& one : members_) {
        const int socket = one->socket.native_handle();
        if (is_readable(socket, limit) && says_ready(socket)) {
            one->now = phase::idle;
            any = true;
        }
    }
    if (!any) {
        stop();
        throw std::system_error(std::make_error_code(std::errc::protocol_error),
                                command_.sealer.string() + " does not start");
    }
    for (const auto& one : members_) {
        asio::co_spawn(executor_, keep(shared_from_this(), *one), asio::detached);
    }
}

asio::awaitable<void> crew::keep(std::shared_ptr<crew> self, member& one) {
    while (!self->stopped_) {
        if (!one.process) {
            try {
                self->open(one);
            } catch (const std::exception&) {
                self->close(one); // no memory, no processes, no disk: try again later
            }
        }
        if (one.process) {
            auto welcoming = welcome(self, one);
            co_await std::move(welcoming);
            auto burying = bury(self, one);
            co_await std::move(burying);
        }
        if (self->stopped_) co_return;
        ++one.failures;
        one.timer.expires_after(pause_after(one.failures));
        error_code ignored;
        auto pausing = one.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_await std::move(pausing);
    }
}

// Until it is ready to work, or dead.
asio::awaitable<void> crew::welcome(std::shared_ptr<crew> self, member& one) {
    if (one.now != phase::starting) co_return;
    one.timer.expires_after(start_limit);
    one.timer.async_wait([self, &one](error_code cancelled) {
        if (!cancelled && one.now == phase::starting) self->end(one);
    });
    error_code failed;
    auto starting = one.socket.async_wait(asio::posix::stream_descriptor::wait_read,
                                          asio::redirect_error(asio::use_awaitable, failed));
    co_await std::move(starting);
    one.timer.cancel();
    if (self->stopped_ || one.now != phase::starting) co_return;
    if (says_ready(one.socket.native_handle())) {
        self->set_free(one);
    } else {
        self->end(one);
    }
}

// Waits for its end, then until its whole group is gone and its home can be removed.
asio::awaitable<void> crew::bury(std::shared_ptr<crew> self, member& one) {
    error_code failed;
    auto ending = one.exit_watch.async_wait(asio::posix::stream_descriptor::wait_read,
                                            asio::redirect_error(asio::use_awaitable, failed));
    co_await std::move(ending);
    if (self->stopped_) co_return;
    self->end(one); // what it started may outlive it
    while (!one.process->reap()) {
        one.timer.expires_after(between_looks);
        auto looking = one.timer.async_wait(asio::redirect_error(asio::use_awaitable, failed));
        co_await std::move(looking);
        if (self->stopped_) co_return;
    }
    self->close(one);
}

void crew::open(member& one) {
    one.now = phase::starting;
    one.process = std::make_unique<sealer_process>(command_);
    auto socket = one.process->take_socket();
    auto exit_watch = one.process->take_exit_watch();
    one.socket.assign(socket.get());
    (void)socket.release();
    one.exit_watch.assign(exit_watch.get());
    (void)exit_watch.release();
}

void crew::close(member& one) {
    error_code ignored;
    one.socket.close(ignored);
    one.exit_watch.close(ignored);
    one.process.reset();
    one.now = phase::down;
}

void crew::stop() {
    stopped_ = true;
    for (const auto& one : members_) {
        end(*one);
        one->timer.cancel();
    }
    send_all_home();
    const auto limit = steady_clock::now() + stop_limit;
    for (const auto& one : members_) {
        while (one->process && !one->process->reap() && steady_clock::now() < limit) {
            std::this_thread::sleep_for(between_looks);
        }
        close(*one);
    }
}

std::vector<int> crew::process_ids() const {
    std::vector<int> ids;
    for (const auto& one : members_) {
        if (one->process) ids.push_back(one->process->id());
    }
    return ids;
}

} // namespace postseal::seal
