// SPDX-License-Identifier: Apache-2.0
// A mail server on loopback that says what a test wants, in the test's own io_context.
#pragma once

#include "relay/settings.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace postseal::relay::testing {

namespace asio = boost::asio;

class scripted_hop {
  public:
    /// The reply to a line, without CRLF; empty: the usual one; "drop": the connection is closed;
    /// "hang": it stands still until let_go(), which closes it.
    /// "greeting" and "." (the end of data) are lines too.
    using script = std::function<std::string(const std::string& line)>;

    explicit scripted_hop(asio::io_context& context, script says = {})
        : says_(std::move(says)),
          acceptor_(context, {asio::ip::address_v4::loopback(), 0}),
          standing_still_(context, std::chrono::steady_clock::time_point::max()) {
        asio::co_spawn(context, accept(), asio::detached);
    }

    [[nodiscard]] next_hop_settings address() const {
        next_hop_settings made;
        made.address = {"127.0.0.1", acceptor_.local_endpoint().port()};
        return made;
    }

    void let_go() { standing_still_.cancel(); }

    std::vector<std::string> lines;    ///< of all connections
    std::vector<std::string> messages; ///< those that were answered with 250
    int connections = 0;
    int open = 0;
    int most_open = 0;

  private:
    asio::awaitable<void> accept() {
        for (;;) {
            auto accepting = acceptor_.async_accept(asio::use_awaitable);
            auto socket = co_await std::move(accepting);
            ++connections;
            auto talk = converse(std::move(socket));
            asio::co_spawn(acceptor_.get_executor(), std::move(talk),
                           [this](const std::exception_ptr&) { --open; });
            most_open = std::max(most_open, ++open);
        }
    }

    asio::awaitable<void> converse(asio::ip::tcp::socket socket) {
        std::string input;
        std::string line = "greeting";
        std::string content;
        for (;;) {
            const auto reply = answer(line);
            if (reply == "drop") co_return;
            if (reply == "hang") {
                auto standing = standing_still_.async_wait(asio::use_awaitable);
                co_await std::move(standing);
            }
            if (line == "." && reply.starts_with("250")) messages.push_back(content);
            const auto wire = reply + "\r\n";
            auto writing = asio::async_write(socket, asio::buffer(wire), asio::use_awaitable);
            co_await std::move(writing);
            const bool data = reply.starts_with("354");
            const std::string end = data ? "\r\n.\r\n" : "\r\n";
            auto buffer = asio::dynamic_buffer(input);
            auto reading = asio::async_read_until(socket, buffer, end, asio::use_awaitable);
            const auto size = co_await std::move(reading);
            line = input.substr(0, size - end.size());
            input.erase(0, size);
            if (!data) {
                lines.push_back(line);
                continue;
            }
            content = line + "\r\n";
            line = ".";
        }
    }

    [[nodiscard]] std::string answer(const std::string& line) const {
        auto said = says_ ? says_(line) : std::string();
        if (!said.empty()) return said;
        if (line == "greeting") return "220 hop.example.net ESMTP";
        if (line.starts_with("EHLO")) return "250-hop.example.net\r\n250-SIZE 0\r\n250 DSN";
        if (line == "DATA") return "354 Go on";
        if (line == "QUIT") return "221 Bye";
        return "250 Ok";
    }

    script says_;
    asio::ip::tcp::acceptor acceptor_;
    asio::steady_timer standing_still_;
};

} // namespace postseal::relay::testing
