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

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>

namespace postseal::relay {

namespace asio = boost::asio;

/// Milliseconds for a peer that means it; clients on bad lines need some seconds.
inline constexpr auto handshake_patience = std::chrono::seconds(60);

class wire {
  public:
    explicit wire(asio::ip::tcp::socket open);
    ~wire();

    asio::awaitable<std::size_t> read_some(asio::mutable_buffer into,
                                           std::chrono::seconds patience);
    asio::awaitable<void> write(std::array<asio::const_buffer, 2> both,
                                std::chrono::seconds patience);

    /// The handshake; what follows is within TLS. The reason of a failure is in its message.
    asio::awaitable<void> accept_tls(tls_context with, std::chrono::seconds patience);
    asio::awaitable<void> connect_tls(tls_context with, peer_proof wanted,
                                      std::chrono::seconds patience);
    [[nodiscard]] bool encrypted() const { return tls_ != nullptr; }

    /// Has something arrived that can be read now? Never waits.
    [[nodiscard]] bool has_input();
    /// Has the peer closed its side, or been lost? Never waits, reads nothing.
    [[nodiscard]] bool peer_has_gone();

    void cancel();
    void close();

  private:
    enum class operation { handshake, read, write };

    struct deadline; // may still be queued when this has gone

    void arm(std::chrono::seconds patience);
    void settle(const boost::system::error_code& failed);
    asio::awaitable<void> shake_hands(std::chrono::seconds patience);
    asio::awaitable<std::size_t> run(operation what, char* octets, std::size_t size,
                                     boost::system::error_code& failed);
    int attempt(operation what, char* octets, std::size_t size);

    struct free_tls {
        void operator()(ssl_st* one) const;
    };

    asio::ip::tcp::socket socket_;
    asio::steady_timer timer_;
    std::shared_ptr<deadline> deadline_;
    tls_context context_;
    std::unique_ptr<ssl_st, free_tls> tls_;
    bool broken_ = false; ///< TLS has failed: no more of it, not even a goodbye
};

} // namespace postseal::relay
