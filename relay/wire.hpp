// SPDX-License-Identifier: Apache-2.0
// Octets to and from one peer, in clear or within TLS, each operation with a deadline.
// Fails: boost::system::system_error; asio::error::timed_out leaves the socket open, so that the
// peer can be told, eof where the peer has closed.
// Limits: one operation at a time.
#pragma once

#include "relay/tls_context.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace postseal::relay {

namespace asio = boost::asio;

/// Milliseconds for a peer that means it; clients on bad lines need some seconds.
inline constexpr auto handshake_patience = std::chrono::seconds(60);

class wire {
  public:
    /// `socket` is open, or is to connect() first.
    explicit wire(asio::ip::tcp::socket socket);
    ~wire();

    /// To the first of these that answers, all of them within `patience`.
    asio::awaitable<void> connect(std::vector<asio::ip::tcp::endpoint> addresses,
                                  std::chrono::seconds patience);

    asio::awaitable<std::size_t> read_some(asio::mutable_buffer into,
                                           std::chrono::seconds patience);
    asio::awaitable<void> write(std::string_view bytes, std::chrono::seconds patience);
    /// What the socket takes without waiting: how many octets, perhaps none.
    std::size_t write_now(std::string_view bytes);
    /// The same for what close() is to follow at once: in clear, both share a packet.
    std::size_t write_last(std::string_view bytes);

    /// The handshake; what follows is within TLS. The reason of a failure is in its message.
    asio::awaitable<void> accept_tls(tls_context with, std::chrono::seconds patience);
    asio::awaitable<void> connect_tls(tls_context with, peer_proof wanted,
                                      std::chrono::seconds patience);
    [[nodiscard]] bool encrypted() const { return tls_ != nullptr; }

    enum class peer {
        silent,
        speaking, ///< something has arrived that can be read now
        gone,     ///< it has closed its side, or been lost
    };
    /// Never waits, reads nothing.
    [[nodiscard]] peer look();
    [[nodiscard]] bool has_input() { return look() == peer::speaking; }
    [[nodiscard]] bool peer_has_gone() { return look() == peer::gone; }

    void cancel();
    void close();

  private:
    enum class operation { handshake, read, write };

    struct deadline; // may still be queued when this has gone

    void prepare();
    void arm(std::chrono::seconds patience);
    void tick();
    void on_tick();
    void settle(const boost::system::error_code& failed);
    asio::awaitable<void> shake_hands(std::chrono::seconds patience);
    asio::awaitable<std::size_t> run(operation what, char* octets, std::size_t size,
                                     boost::system::error_code& failed);
    std::size_t attempt(operation what, char* octets, std::size_t size,
                        boost::system::error_code& failed);
    std::size_t attempt_tls(operation what, char* octets, std::size_t size,
                            boost::system::error_code& failed);

    struct free_tls {
        void operator()(ssl_st* one) const;
    };

    asio::ip::tcp::socket socket_;
    asio::steady_timer timer_;
    std::shared_ptr<deadline> deadline_;
    tls_context context_;
    std::unique_ptr<ssl_st, free_tls> tls_;
    asio::ip::tcp::socket::wait_type wanted_ = asio::ip::tcp::socket::wait_read; ///< by attempt()
    bool broken_ = false; ///< TLS has failed: no more of it, not even a goodbye
};

} // namespace postseal::relay
