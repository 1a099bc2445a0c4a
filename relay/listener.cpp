// SPDX-License-Identifier: Apache-2.0
#include "relay/listener.hpp"

#include "keys/socket_address.hpp"
#include "relay/journal.hpp"
#include "relay/listener_change.hpp"
#include "relay/self_test.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace postseal::relay {

namespace {

// After accept(2) has failed, mostly for want of descriptors: others will be closed meanwhile.
constexpr auto accept_pause = std::chrono::seconds(1);
constexpr auto accept_silence = std::chrono::minutes(1); // it is said no more often

// Between self-tests: a mail server that starts at the same time is there soon.
constexpr auto first_pause = std::chrono::seconds(2);
constexpr auto longest_pause = std::chrono::seconds(60);

// A mail server answers at once, or something is wrong with it: of one that takes connections and
// says nothing, nobody would hear until the self-test gives up, which is after minutes.
constexpr auto long_wait = std::chrono::seconds(5);

bool may_come(const listener_settings& to, const smtp::ip_address& peer) {
    if (to.place == place::front) return true;
    for (const auto& network : to.trusted) {
        if (smtp::contains(network, peer)) return true;
    }
    return false;
}

// One attempt, never waited for: a client that does not read it only loses the explanation.
void turn_away(asio::ip::tcp::socket& client, std::string_view why) {
    boost::system::error_code ignored;
    client.non_blocking(true, ignored);
    client.write_some(asio::buffer(why.data(), why.size()), ignored);
    client.close(ignored);
}

} // namespace

listener::listener(asio::ip::tcp::acceptor socket, services& with,
                   std::shared_ptr<const settings> current, std::size_t index, open_sessions& among)
    : executor_(socket.get_executor()),
      with_(with),
      current_(std::move(current)),
      index_(index),
      among_(among),
      acceptor_(std::move(socket)),
      patience_(executor_) {
    renew_kept();
    if (where().place == place::front) may_ = session::admission::turned_away;
}

asio::ip::tcp::acceptor listener::bind(const asio::any_io_executor& executor,
                                       const listener_settings& to) {
    const auto& [host, port] = to.address;
    try {
        return {executor, asio::ip::tcp::endpoint(asio::ip::make_address(host), port)};
    } catch (const boost::system::system_error& e) {
        throw std::runtime_error("listener '" + to.name + "' cannot listen on " + host + ":" +
                                 std::to_string(port) + ": " + e.code().message());
    }
}

void listener::start() {
    asio::co_spawn(executor_, run(shared_from_this()), asio::detached);
    start_proof();
}

void listener::adopt(std::shared_ptr<const settings> current, std::size_t index) {
    const auto before = std::exchange(current_, std::move(current));
    const auto& was = before->listeners[std::exchange(index_, index)];
    const bool proved = was.place == place::front && is_same_way(was, where());
    if (where().place == place::filter) {
        may_ = session::admission::served;
    } else if (!proved) {
        may_ = session::admission::turned_away;
    }
    renew_kept();
    start_proof();
}

void listener::stop() {
    if (kept_) kept_->close();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    ++round_;
    patience_.cancel();
}

asio::awaitable<void> listener::run(std::shared_ptr<listener> alive) {
    auto silent_until = std::chrono::steady_clock::time_point::min();
    while (alive->acceptor_.is_open()) {
        boost::system::error_code failed;
        asio::ip::tcp::endpoint from;
        auto token = asio::redirect_error(asio::use_awaitable, failed);
        auto accepting = acceptor_.async_accept(from, token);
        auto client = co_await std::move(accepting);
        if (failed == asio::error::operation_aborted) break;
        if (!failed) {
            admit(std::move(client), from);
            continue;
        }
        const auto now = std::chrono::steady_clock::now();
        if (now >= silent_until) {
            with_.log.error("listener=" + where().name + " cannot accept: " + failed.message() +
                            "; clients wait, and it is tried again every second");
            silent_until = now + accept_silence;
        }
        asio::steady_timer pause(executor_, accept_pause);
        auto waiting = pause.async_wait(asio::use_awaitable);
        co_await std::move(waiting);
    }
}

// Sessions that began before a reload leave nothing to those that begin after it. A connection that
// knows its client is theirs alone.
void listener::renew_kept() {
    if (kept_) kept_->close();
    kept_.reset();
    const auto& hop = where().next_hop;
    const bool shared = where().place == place::filter && hop.introduction == introduction::none;
    if (shared && hop.keep) kept_ = std::make_shared<kept_connections>(executor_);
}

void listener::start_proof() {
    ++round_;
    patience_.cancel();
    if (where().place != place::front) return;
    asio::co_spawn(executor_, prove(shared_from_this(), round_), asio::detached);
}

// Asks until there is an answer that proves something. One that has proved itself is not asked
// again before the next reload.
asio::awaitable<void> listener::prove(std::shared_ptr<listener> alive, std::uint64_t round) {
    for (auto pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
        tell_of_a_long_wait(round);
        auto probing = probe_next_hop(executor_, where(), current_->hostname);
        const auto seen = co_await std::move(probing);
        if (alive->round_ != round) co_return;
        patience_.cancel();
        const auto what = advice(seen, where());
        if (seen.verdict == smtp::probe_verdict::refuses) {
            may_ = session::admission::served;
            with_.log.info(what);
            co_return;
        }
        const bool relays = seen.verdict == smtp::probe_verdict::relays;
        if (relays) may_ = session::admission::turned_away;
        with_.log.error(may_ == session::admission::served ? "self-test on reload: " + what : what);
        patience_.expires_after(pause);
        boost::system::error_code cancelled;
        auto token = asio::redirect_error(asio::use_awaitable, cancelled);
        auto waiting = patience_.async_wait(token);
        co_await std::move(waiting);
        if (alive->round_ != round) co_return;
    }
}

void listener::tell_of_a_long_wait(std::uint64_t round) {
    patience_.expires_after(long_wait);
    patience_.async_wait([alive = shared_from_this(), round](boost::system::error_code cancelled) {
        if (cancelled || alive->round_ != round) return;
        alive->with_.log.warning(advice_while_waiting(alive->where()));
    });
}

void listener::admit(asio::ip::tcp::socket client, asio::ip::tcp::endpoint from) {
    const auto peer = keys::to_ip_address(from.address());
    const auto who = "listener=" + where().name + " client=" + smtp::to_string(peer);
    if (!may_come(where(), peer)) {
        with_.log.warning(who + " dropped: not in trusted");
        return;
    }
    if (among_.draining()) { // accepted just before the listener stopped
        turn_away(client, "421 4.3.2 The service is shutting down; try again soon\r\n");
        return;
    }
    if (among_.full()) {
        with_.log.warning(who + " turned away: limits.sessions reached");
        turn_away(client, "421 4.3.2 Too many sessions; try again later\r\n");
        return;
    }
    auto one = std::make_shared<session>(with_, current_, where(), std::move(client), from, may_,
                                         among_, kept_);
    const auto place = among_.add(*one); // before it runs: the limit counts it from now on
    asio::co_spawn(executor_, serve(shared_from_this(), std::move(one), place), asio::detached);
}

asio::awaitable<void> listener::serve(std::shared_ptr<listener> alive, std::shared_ptr<session> one,
                                      open_sessions::place place) {
    try {
        co_await one->run();
    } catch (const boost::system::system_error& e) {
        // Clients that hang up without QUIT are everyday life.
        if (e.code() == asio::error::timed_out) {
            with_.log.info("client=" + one->peer() +
                           " session ended: the client was silent too long");
        } else if (e.code() != asio::error::eof) {
            with_.log.info("client=" + one->peer() + " session ended: " + e.code().message());
        }
    } catch (const std::exception& e) {
        with_.log.error("client=" + one->peer() + " session ended: " + e.what());
    }
    alive->among_.remove(place);
}

} // namespace postseal::relay
