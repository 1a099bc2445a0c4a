// SPDX-License-Identifier: Apache-2.0
#include "relay/listener.hpp"

#include "keys/socket_address.hpp"
#include "relay/journal.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace postseal::relay {

namespace {

// After accept(2) has failed, mostly for want of descriptors: others will be closed meanwhile.
constexpr auto accept_pause = std::chrono::seconds(1);

bool may_come(const listener_settings& to, const smtp::ip_address& peer) {
    if (to.trusted.empty()) return true; // configuration allows that on loopback only
    for (const auto& network : to.trusted) {
        if (smtp::contains(network, peer)) return true;
    }
    return false;
}

asio::ip::tcp::acceptor bind(const asio::any_io_executor& executor, const listener_settings& to) {
    const auto& [host, port] = to.address;
    try {
        return {executor, asio::ip::tcp::endpoint(asio::ip::make_address(host), port)};
    } catch (const boost::system::system_error& e) {
        throw std::runtime_error("listener '" + to.name + "' cannot listen on " + host + ":" +
                                 std::to_string(port) + ": " + e.code().message());
    }
}

// One attempt, never waited for: a client that does not read it only loses the explanation.
void turn_away(asio::ip::tcp::socket& client, std::string_view why) {
    boost::system::error_code ignored;
    client.non_blocking(true, ignored);
    client.write_some(asio::buffer(why.data(), why.size()), ignored);
    client.close(ignored);
}

} // namespace

listener::listener(asio::any_io_executor executor, services& with, listener_settings where,
                   open_sessions& among)
    : executor_(std::move(executor)),
      with_(with),
      settings_(std::move(where)),
      among_(among),
      acceptor_(bind(executor_, settings_)) {}

asio::awaitable<void> listener::run() {
    while (acceptor_.is_open()) {
        boost::system::error_code failed;
        auto token = asio::redirect_error(asio::use_awaitable, failed);
        auto accepting = acceptor_.async_accept(token);
        auto client = co_await std::move(accepting);
        if (failed == asio::error::operation_aborted) break;
        if (!failed) {
            admit(std::move(client));
            continue;
        }
        with_.log.error("listener=" + settings_.name + " cannot accept: " + failed.message());
        asio::steady_timer pause(executor_, accept_pause);
        auto waiting = pause.async_wait(asio::use_awaitable);
        co_await std::move(waiting);
    }
}

void listener::admit(asio::ip::tcp::socket client) {
    boost::system::error_code failed;
    const auto endpoint = client.remote_endpoint(failed);
    if (failed) return; // gone already
    const auto peer = keys::to_ip_address(endpoint.address());
    const auto who = "listener=" + settings_.name + " client=" + smtp::to_string(peer);
    if (!may_come(settings_, peer)) {
        with_.log.warning(who + " dropped: not in trusted");
        return;
    }
    if (among_.draining()) { // accepted just before the listener stopped
        turn_away(client, "421 4.3.2 The service is shutting down; try again soon\r\n");
        return;
    }
    if (among_.count() >= with_.current->limits.sessions) {
        with_.log.warning(who + " turned away: limits.sessions reached");
        turn_away(client, "421 4.3.2 Too many sessions; try again later\r\n");
        return;
    }
    auto one = std::make_shared<session>(with_, settings_, std::move(client), peer);
    const auto place = among_.add(*one); // before it runs: the limit counts it from now on
    asio::co_spawn(executor_, serve(std::move(one), place), asio::detached);
}

asio::awaitable<void> listener::serve(std::shared_ptr<session> one, open_sessions::place place) {
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
    among_.remove(place);
}

void listener::stop() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
}

void open_sessions::drain() {
    draining_ = true;
    for (auto* const one : sessions_)
        one->drain();
}

void open_sessions::abandon() {
    for (auto* const one : sessions_)
        one->abandon();
}

} // namespace postseal::relay
