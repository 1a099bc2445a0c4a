// SPDX-License-Identifier: Apache-2.0
// The client side: one connection to the mail server that postseal stands before. A server that has
// hung up while nobody spoke, as servers do while a slow client uploads, is called again and told
// the transaction anew; not once a user has logged in, which only they can do. A connection that
// was left in good order serves the next client. Fails: never by exception. What goes wrong on the
// network becomes a 421 reply, and the connection is lost() from then on. Limits: RFC 5321 §4.5.3.2
// for every wait; reply lines and their number as in smtp::reply_reader.
#pragma once

#include "relay/kept_connections.hpp"
#include "relay/settings.hpp"
#include "smtp/command.hpp"
#include "smtp/extensions.hpp"
#include "smtp/proxy_header.hpp"
#include "smtp/reply.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::relay {

/// What the next hop hears of the client before it hears the client: one of them, or nothing.
struct client_introduction {
    std::string proxy_header;                       ///< the first octets of the connection
    std::optional<smtp::proxied_connection> client; ///< for XCLIENT
};

class next_hop {
  public:
    next_hop(asio::any_io_executor executor, next_hop_settings where);

    enum class greeting { helo, ehlo };

    /// Before greet().
    void introduce(client_introduction client) { client_ = std::move(client); }

    /// Before greet(): connections to the same server, which greeted it by the name that this one
    /// will use; null where none are shared.
    void share(std::shared_ptr<kept_connections> kept) { kept_ = std::move(kept); }

    /// Takes a kept connection, or connects, if that has not happened, and makes the connection
    /// what the settings ask for; then EHLO (HELO where the client said HELO, or where EHLO is
    /// refused) with `name`, which is visible ASCII. The reply is the next hop's to EHLO or HELO,
    /// or its refusal.
    asio::awaitable<smtp::reply> greet(greeting kind, std::string name);

    /// Sends one line (without CRLF) and reads the reply. What is accepted is part of the
    /// transaction that a new connection would be told.
    asio::awaitable<smtp::reply> ask(std::string line);

    /// The same for a step of AUTH: never repeated.
    asio::awaitable<smtp::reply> exchange(std::string line);

    /// A user has logged in: this connection cannot be replaced.
    void bind_to_user() { bound_ = true; }

    /// The attributes that the next hop offered to take, in as many commands as needed; the first
    /// refusal or the last answer.
    asio::awaitable<smtp::reply> forward(std::vector<smtp::parameter> xforward);

    /// Does anybody still wait for the message? Asked when all but the final dot has been sent:
    /// where nobody does, the connection is closed, and nothing has been handed over. Empty: yes.
    using question = std::function<bool()>;

    /// DATA, then `pieces` one after another, dot-stuffed, and the end of data. The reply is the
    /// first that is not a go-ahead. The pieces must live until this returns.
    asio::awaitable<smtp::reply> send_message(std::vector<std::string_view> pieces,
                                              question still_wanted = {});

    /// When waiting ends, however long RFC 5321 would have us wait: then the connection is lost.
    struct deadlines {
        using time = std::chrono::steady_clock::time_point;
        std::optional<time> command; ///< for the answer to a command, DATA included
        std::optional<time> message; ///< for the message and the answer to its final dot
    };
    void end_waits_at(deadlines when) { deadlines_ = when; }

    /// Is a transaction open there, as far as the answers tell?
    [[nodiscard]] bool in_transaction() const { return !transaction_.empty(); }

    /// Leaves the connection to the next client if it is as good as a new one: its last word was
    /// that it took a message, and it has refused nothing. Else nothing happens.
    void leave();

    /// QUIT without waiting for the answer, where the connection still stands and a command can be
    /// said.
    void quit();
    void close();

    [[nodiscard]] const smtp::extensions& offered() const { return offered_; }
    [[nodiscard]] bool connected() const { return connection_ != nullptr; }
    [[nodiscard]] bool lost() const { return lost_; }

  private:
    enum class written { to_the_end, interrupted, unwanted };

    // next_hop_greeting.cpp
    asio::awaitable<std::optional<smtp::reply>> resume(greeting kind);
    asio::awaitable<void> connect();
    asio::awaitable<std::vector<asio::ip::tcp::endpoint>> find_addresses();
    asio::awaitable<smtp::reply> meet(greeting kind);
    asio::awaitable<smtp::reply> prepare();
    asio::awaitable<smtp::reply> secure();
    asio::awaitable<smtp::reply> tell_client();
    asio::awaitable<smtp::reply> say_hello(greeting kind);
    asio::awaitable<smtp::reply> say_one_hello(greeting kind, std::chrono::seconds patience);
    asio::awaitable<smtp::reply> call_again();

    // next_hop.cpp
    [[nodiscard]] bool has_hung_up_idle();
    [[nodiscard]] bool is_as_good_as_new() const;
    asio::awaitable<smtp::reply> converse(std::string line);
    asio::awaitable<smtp::reply> read_reply(std::chrono::seconds patience,
                                            std::optional<deadlines::time> end);
    asio::awaitable<written> write_message(std::vector<std::string_view> pieces,
                                           question still_wanted);
    [[nodiscard]] static std::chrono::seconds within(std::chrono::seconds patience,
                                                     const std::optional<deadlines::time>& end);
    smtp::reply lose(const std::string& why);
    smtp::reply refuse_for_want_of_user();
    [[nodiscard]] static std::string reason(const std::exception& thrown);

    asio::any_io_executor executor_;
    next_hop_settings where_;
    client_introduction client_;
    std::shared_ptr<kept_connections> kept_;
    std::unique_ptr<connection> connection_;
    std::chrono::steady_clock::time_point since_{}; ///< when it was made
    std::size_t messages_ = 0;                      ///< that it has carried
    smtp::extensions offered_;
    greeting greeted_ = greeting::ehlo;
    std::string greeted_as_;
    std::vector<std::string> transaction_; ///< lines that have been accepted since the last message
    std::chrono::steady_clock::time_point heard_{}; ///< when it spoke last
    deadlines deadlines_;
    bool prepared_ = false;   ///< has TLS and knows its client, as far as the settings ask for it
    bool tls_failed_ = false; ///< opportunistic TLS, which is then done without
    bool challenged_ = false; ///< by AUTH: whatever comes next is a response
    bool bound_ = false;
    bool lost_ = false;
    bool refused_ = false; ///< something, by this connection: servers count that
    bool settled_ = false; ///< its last reply has taken a message, and nothing is open
};

} // namespace postseal::relay
