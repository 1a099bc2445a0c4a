// SPDX-License-Identifier: Apache-2.0
#include "relay/server.hpp"

#include "relay/journal.hpp"
#include "relay/readiness.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

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

server::server(asio::io_context& context, services& with,
               const std::vector<listener_settings>& where,
               std::function<std::shared_ptr<const settings>()> reload)
    : context_(context),
      with_(with),
      reload_(std::move(reload)),
      signals_(context, SIGTERM, SIGINT, SIGHUP) {
    for (const auto& one : where) {
        listeners_.push_back(
            std::make_unique<listener>(context.get_executor(), with, one, sessions_));
    }
}

void server::start() {
    std::signal(SIGPIPE, SIG_IGN); // a closed connection is an error code, not an end
    for (const auto& one : listeners_) {
        asio::co_spawn(context_, one->run(), asio::detached);
        const auto& where = one->where();
        with_.log.info("listening name=" + where.name + " address=" + where.address.host + ":" +
                       std::to_string(where.address.port));
    }
    wait_for_signal();
    if (const auto interval = watchdog_interval()) {
        asio::co_spawn(context_, feed_watchdog(*interval / 2), asio::detached);
    }
    notify_manager("READY=1\nSTATUS=Relaying mail");
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
    notify_reloading();
    try {
        with_.current = reload_();
        with_.log.info(
            "configuration reloaded: hostname, next_hop, local_domains, policy, spool and "
            "limits hold for sessions that start from now on; changes of listen, keys, "
            "sealers and runtime need a restart");
    } catch (const std::exception& e) {
        with_.log.error(std::string("the new configuration is wrong, the old one stays: ") +
                        e.what());
    }
    notify_manager("READY=1");
}

void server::drain() {
    if (std::exchange(draining_, true)) return;
    notify_manager("STOPPING=1\nSTATUS=Finishing transactions");
    with_.log.info("stopping: " + std::to_string(sessions_.count()) + " sessions are open");
    for (const auto& one : listeners_)
        one->stop();
    sessions_.drain();
    asio::co_spawn(context_, finish(), asio::detached);
}

asio::awaitable<void> server::finish() {
    asio::steady_timer timer(context_);
    const auto give_up = std::chrono::steady_clock::now() + with_.current->limits.drain;
    bool abandoned = false;
    while (sessions_.count() > 0) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= give_up && !abandoned) {
            with_.log.warning(std::to_string(sessions_.count()) +
                              " sessions did not finish in time; their clients will try again");
            sessions_.abandon();
            abandoned = true;
        }
        if (now >= give_up + abandon_grace) break;
        timer.expires_after(drain_step);
        auto waiting = timer.async_wait(asio::use_awaitable);
        co_await std::move(waiting);
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
