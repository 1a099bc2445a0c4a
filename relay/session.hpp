// SPDX-License-Identifier: Apache-2.0
// One client connection from greeting to close: carries bytes between the client, the pure dialogue
// that decides what is legal, and the next hop whose answers the client hears.
// Fails: an exception from run() means "this session is over".
#pragma once

#include "relay/connection.hpp"
#include "relay/incoming_message.hpp"
#include "relay/next_hop.hpp"
#include "relay/open_sessions.hpp"
#include "relay/services.hpp"
#include "smtp/auth_exchange.hpp"
#include "smtp/dialogue.hpp"
#include "smtp/proxy_header.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace postseal::relay {

/// For a client to take the reply that ends the session.
inline constexpr auto last_words = std::chrono::seconds(10);

class session {
  public:
    /// Whether the session takes mail, or says why it does not.
    enum class admission { served, turned_away };

    /// `on` is one of `current`'s listeners; `kept` are its connections to the next hop, or null
    /// where clients do not share them.
    session(services& with, std::shared_ptr<const settings> current, const listener_settings& on,
            asio::ip::tcp::socket client, asio::ip::tcp::endpoint from, admission may,
            const open_sessions& among, std::shared_ptr<kept_connections> kept);

    asio::awaitable<void> run();

    /// No new transaction: a session that waits for its client says 421 at once, one that works
    /// does so when its transaction is over.
    void drain();

    /// Now, whatever it is doing.
    void abandon();

    [[nodiscard]] const std::string& peer() const { return peer_; }
    [[nodiscard]] const smtp::ip_address& client_host() const { return seen_.source.address; }

  private:
    asio::awaitable<void> open();
    asio::awaitable<void> read_proxy_header();
    [[nodiscard]] bool is_one_too_many() const;
    asio::awaitable<void> refuse(smtp::reply answer);
    asio::awaitable<void> converse();
    smtp::next_action decide(const connection::line& line);
    asio::awaitable<void> perform(smtp::next_action what);
    asio::awaitable<void> answer_hello(bool extended, std::string domain);
    asio::awaitable<void> start_tls(smtp::reply go_ahead);
    asio::awaitable<void> log_in(smtp::auth what);
    asio::awaitable<smtp::auth_next> ask_client(smtp::auth_exchange& exchange,
                                                smtp::reply challenge);
    /// False: what is in force by now is nothing for a session of this listener.
    bool follow_reload();
    void begin_message(smtp::framing framed);
    asio::awaitable<void> collect_data(smtp::reply go_ahead);
    asio::awaitable<void> collect_chunk(smtp::action::collect_chunk chunk);
    asio::awaitable<void> complete_message();
    asio::awaitable<smtp::reply> ask_next_hop(std::string line);
    void warm(const smtp::reply& answer);
    void say(const smtp::reply& answer);
    [[nodiscard]] std::string client_address() const;

    services& with_;
    std::shared_ptr<const settings> opened_with_;
    std::shared_ptr<const settings> current_; ///< when the message under way began
    const listener_settings& on_;
    admission may_;
    const open_sessions& among_;
    smtp::proxied_connection seen_; ///< the client's own connection, whoever passes it on
    bool nameless_ = false;         ///< a balancer has named no client
    std::string peer_;
    smtp::dialogue dialogue_;
    next_hop next_hop_;
    connection client_;
    std::unique_ptr<incoming_message>
        incoming_;         // a message that has begun; between its chunks, too
    bool waiting_ = false; // for a command, between transactions
    bool draining_ = false;
    bool finished_ = false;
    bool said_goodbye_ = false; // the client, by QUIT
};

} // namespace postseal::relay
