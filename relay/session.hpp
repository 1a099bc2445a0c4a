// SPDX-License-Identifier: Apache-2.0
// One client connection from greeting to close: carries bytes between the client, the pure dialogue
// that decides what is legal, and the next hop whose answers the client hears.
// Fails: an exception from run() means "this session is over".
#pragma once

#include "relay/connection.hpp"
#include "relay/next_hop.hpp"
#include "relay/services.hpp"
#include "smtp/dialogue.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>

namespace postseal::relay {

class session {
  public:
    session(services& with, const listener_settings& on, asio::ip::tcp::socket client,
            const smtp::ip_address& peer);

    asio::awaitable<void> run();

    /// No new transaction: a session that waits for its client says 421 at once, one that works
    /// does so when its transaction is over.
    void drain();

    /// Now, whatever it is doing.
    void abandon();

    [[nodiscard]] const std::string& peer() const { return peer_; }

  private:
    asio::awaitable<void> converse();
    smtp::next_action decide(const connection::line& line);
    asio::awaitable<void> perform(smtp::next_action what);
    asio::awaitable<void> answer_hello(bool extended);
    asio::awaitable<void> collect_and_complete(smtp::reply go_ahead);
    asio::awaitable<smtp::reply> ask_next_hop(std::string line);
    void warm(const smtp::reply& answer);
    void say(const smtp::reply& answer);
    [[nodiscard]] std::string client_address() const;

    services& with_;
    std::shared_ptr<const settings> current_;
    smtp::protocol protocol_;
    relay::bare_newline bare_newline_;
    std::string peer_;
    smtp::dialogue dialogue_;
    next_hop next_hop_;
    connection client_;
    bool waiting_ = false; // for a command, between transactions
    bool draining_ = false;
    bool finished_ = false;
};

} // namespace postseal::relay
