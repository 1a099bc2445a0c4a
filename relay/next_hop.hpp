// SPDX-License-Identifier: Apache-2.0
// The client side: one connection to the mail server that postseal stands before.
// Fails: never by exception. What goes wrong on the network becomes a 421 reply, and the
// connection is lost() from then on.
// Limits: RFC 5321 §4.5.3.2 for every wait; reply lines and their number as in smtp::reply_reader.
#pragma once

#include "relay/connection.hpp"
#include "relay/settings.hpp"
#include "smtp/command.hpp"
#include "smtp/extensions.hpp"
#include "smtp/reply.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::relay {

class next_hop {
  public:
    next_hop(asio::any_io_executor executor, endpoint where, std::string our_name);

    enum class greeting { helo, ehlo };

    /// Connects if that has not happened, then EHLO (HELO where the client said HELO, or where EHLO
    /// is refused). The reply is the next hop's to EHLO or HELO, or its refusal.
    asio::awaitable<smtp::reply> greet(greeting kind);

    /// Sends one line (without CRLF) and reads the reply.
    asio::awaitable<smtp::reply> ask(std::string line);

    /// The attributes that the next hop offered to take, in as many commands as needed; the first
    /// refusal or the last answer.
    asio::awaitable<smtp::reply> forward(std::vector<smtp::parameter> xforward);

    /// DATA, then `pieces` one after another, dot-stuffed, and the end of data. The reply is the
    /// first that is not a go-ahead. The pieces must live until this returns.
    asio::awaitable<smtp::reply> send_message(std::vector<std::string_view> pieces);

    /// QUIT without waiting for the answer, where the connection still stands.
    asio::awaitable<void> quit();
    void close();

    [[nodiscard]] const smtp::extensions& offered() const { return offered_; }
    [[nodiscard]] bool connected() const { return connection_ != nullptr; }
    [[nodiscard]] bool lost() const { return lost_; }

  private:
    enum class written { to_the_end, interrupted };

    asio::awaitable<void> connect();
    asio::awaitable<std::vector<asio::ip::tcp::endpoint>> find_addresses();
    asio::awaitable<smtp::reply> read_reply(std::chrono::seconds patience);
    asio::awaitable<smtp::reply> say_hello(greeting kind);
    asio::awaitable<written> write_message(std::vector<std::string_view> pieces);
    smtp::reply lose(const std::string& why);

    asio::any_io_executor executor_;
    endpoint where_;
    std::string our_name_;
    std::unique_ptr<connection> connection_;
    smtp::extensions offered_;
    bool lost_ = false;
};

} // namespace postseal::relay
