// SPDX-License-Identifier: Apache-2.0
#include "relay/server.hpp"

#include "relay/journal.hpp"
#include "relay/open_files.hpp"
#include "relay/readiness.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <csignal>
#include <exception>
#include <string>
#include <utility>

namespace postseal::relay {

namespace {

// How often a draining server looks whether the last session has gone.
constexpr auto drain_step = std::chrono::milliseconds(50);
// After abandon(): for the handlers of closed sockets to run.
constexpr auto abandon_grace = std::chrono::seconds(2);

} // namespace

server::server(asio::io_context& context, services& with, passed_sockets passed,
               std::function<std::shared_ptr<const settings>()> reload)
    : context_(context),
      with_(with),
      passed_(std::move(passed)),
      reload_(std::move(reload)),
      signals_(context, SIGTERM, SIGINT, SIGHUP) {
    sockets_ = passed_.assign_to(with.current->listeners);
    limit_sessions();
    for (std::size_t i = 0; i < sockets_.size(); ++i)
        listeners_.push_back(make_listener(with.current, i, sockets_[i]));
}

void server::limit_sessions() {
    const auto wanted = with_.current->limits.sessions;
    const auto room = make_room_for_sessions(wanted);
    sessions_.limit(std::min(wanted, room));
    if (room >= wanted) return;
    with_.log.warning("limits.sessions is " + std::to_string(wanted) +
                      ", but the limit of open files (LimitNOFILE=, ulimit -n) has room for " +
                      std::to_string(room) + ": more are turned away");
}

std::shared_ptr<listener> server::make_listener(const std::shared_ptr<const settings>& from,
                                                std::size_t index,
                                                std::optional<std::size_t> socket) {
    const auto executor = context_.get_executor();
    auto acceptor =
        socket ? passed_.open(executor, *socket) : listener::bind(executor, from->listeners[index]);
    return std::make_shared<listener>(std::move(acceptor), with_, from, index, sessions_);
}

void server::start() {
    std::signal(SIGPIPE, SIG_IGN); // a closed connection is an error code, not an end
    for (std::size_t i = 0; i < listeners_.size(); ++i)
        start(*listeners_[i], sockets_[i]);
    wait_for_signal();
    if (const auto interval = watchdog_interval()) {
        asio::co_spawn(context_, feed_watchdog(*interval / 2), asio::detached);
    }
    notify_manager("READY=1\nSTATUS=Relaying mail");
}

void server::start(listener& one, std::optional<std::size_t> socket) {
    one.start();
    const auto& where = one.where();
    with_.log.info("listening name=" + where.name + " address=" + where.address.host + ":" +
                   std::to_string(where.address.port) +
                   (socket ? " on the service manager's socket" : ""));
}

void server::wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code failed, int signal) {
        if (failed) return;
        if (signal == SIGHUP) {
            reload_settings();
        } else {
            drain();
        }
        wait_for_signal();
    });
}

void server::reload_settings() {
    if (draining_) return;
    notify_reloading();
    try {
        stand_on(reload_());
        with_.log.info(
            "configuration reloaded: it holds for sessions, messages and attempts from the spool "
            "that begin from now on; changes of keys (but subaddressing), sealers, runtime and "
            "spool.path need a restart");
    } catch (const std::exception& e) {
        with_.log.error(std::string("the new configuration is wrong, the old one stays: ") +
                        e.what());
    }
    notify_manager("READY=1");
}

// New addresses are bound before anything changes: one that cannot be leaves all as it was.
void server::stand_on(const std::shared_ptr<const settings>& next) {
    const auto sockets = passed_.assign_to(next->listeners);
    std::vector<std::shared_ptr<listener>> before = listeners_;
    std::vector<std::shared_ptr<listener>> after;
    std::vector<bool> is_new;
    for (std::size_t i = 0; i < next->listeners.size(); ++i) {
        const auto stands = standing_at(next->listeners[i].address, sockets[i]);
        is_new.push_back(!stands);
        if (is_new.back()) {
            after.push_back(make_listener(next, i, sockets[i]));
        } else {
            after.push_back(stands);
            std::erase(before, stands);
        }
    }
    with_.current = next;
    if (on_reloaded) on_reloaded(*next);
    limit_sessions();
    for (const auto& gone : before)
        gone->stop();
    for (std::size_t i = 0; i < after.size(); ++i) {
        if (is_new[i]) {
            start(*after[i], sockets[i]);
        } else {
            after[i]->adopt(next, i);
        }
    }
    listeners_ = std::move(after);
    sockets_ = sockets;
}

// None where there is no listener on this address, and on this socket.
std::shared_ptr<listener> server::standing_at(const endpoint& wanted,
                                              std::optional<std::size_t> socket) const {
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        const auto& address = listeners_[i]->where().address;
        const bool is_same = address.host == wanted.host && address.port == wanted.port;
        if (is_same && sockets_[i] == socket) return listeners_[i];
    }
    return nullptr;
}

void server::drain() {
    if (std::exchange(draining_, true)) return;
    with_.stopping = true;
    notify_manager("STOPPING=1\nSTATUS=Finishing transactions");
    with_.log.info("stopping: " + std::to_string(sessions_.count()) + " sessions are open");
    for (const auto& one : listeners_)
        one->stop();
    sessions_.drain();
    if (on_draining) on_draining();
    asio::co_spawn(context_, finish(), asio::detached);
}

bool server::is_spool_busy() const { return is_busy && is_busy(); }

bool server::is_under_way() const {
    return sessions_.count() > 0 || is_spool_busy() || with_.observing > 0;
}

asio::awaitable<void> server::finish() {
    asio::steady_timer timer(context_);
    auto give_up = std::chrono::steady_clock::now() + with_.current->limits.drain;
    bool abandoned = false;
    while (is_under_way()) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= give_up && (abandoned || sessions_.count() == 0)) break;
        if (now >= give_up) {
            with_.log.warning(std::to_string(sessions_.count()) +
                              " sessions did not finish in time; their clients will try again");
            sessions_.abandon();
            abandoned = true;
            give_up += abandon_grace;
        }
        timer.expires_after(drain_step);
        auto waiting = timer.async_wait(asio::use_awaitable);
        co_await std::move(waiting);
    }
    if (is_spool_busy()) {
        with_.log.warning("the spool's conversations did not end in time: what the next hop has "
                          "taken by now is sent again");
    }
    signals_.cancel();
    with_.log.info("stopped");
    if (on_stopped) on_stopped();
}

asio::awaitable<void> server::feed_watchdog(std::chrono::microseconds every) {
    asio::steady_timer timer(context_);
    for (;;) {
        notify_manager("WATCHDOG=1"); // from the thread that carries all sessions: it lives
        timer.expires_after(every);
        auto waiting = timer.async_wait(asio::use_awaitable);
        co_await std::move(waiting);
    }
}

} // namespace postseal::relay
