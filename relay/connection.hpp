// SPDX-License-Identifier: Apache-2.0
// One connection that speaks in lines, to a client or to the next hop.
// Fails: boost::system::system_error from every awaitable: closed, reset, or
// asio::error::timed_out, after which the connection still stands, so that a client can be told.
// Limits: a line and the patience for it are arguments; the buffer never holds more than one
// chunk beyond them.
#pragma once

#include "relay/wire.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::relay {

namespace asio = boost::asio;

class connection {
  public:
    /// `socket` is open, or is to connect() first.
    explicit connection(asio::ip::tcp::socket socket);

    /// To the first of these that answers, all of them within `patience`.
    asio::awaitable<void> connect(std::vector<asio::ip::tcp::endpoint> addresses,
                                  std::chrono::seconds patience);

    enum class line_end {
        crlf,
        bare_lf,  ///< not a line end of SMTP (RFC 5321 §2.3.8)
        too_long, ///< the line was read to its end and thrown away, but for its verb
    };
    struct line {
        std::string text; ///< without its end
        line_end end = line_end::crlf;
    };

    /// The next line; a longer one than `limit` octets is skipped whole.
    asio::awaitable<line> read_line(std::size_t limit, std::chrono::seconds patience);

    /// What has arrived, at least one octet. The view ends with consume() and the next read.
    asio::awaitable<std::string_view> read_some(std::chrono::seconds patience);
    /// The same, taking no more than `limit` octets from the peer.
    asio::awaitable<std::string_view> read_some(std::size_t limit, std::chrono::seconds patience);
    void consume(std::size_t octets) { input_.consume(octets); }

    /// Puts `bytes` behind what waits to be sent. It leaves before the next wait for input, so that
    /// the answers to pipelined commands share a packet.
    void queue(std::string_view bytes) { output_ += bytes; }
    asio::awaitable<void> flush(std::chrono::seconds patience);

    /// Sends what is queued, then `bytes`, which must live until this returns.
    asio::awaitable<void> write(std::string_view bytes, std::chrono::seconds patience);

    /// Has the peer sent something that has not been read? Never waits.
    [[nodiscard]] bool has_input();

    /// Has the peer closed its side, or been lost? Never waits, reads nothing.
    [[nodiscard]] bool peer_has_gone();

    /// Does the peer stand, with nothing said that has not been read? Never waits, reads nothing.
    [[nodiscard]] bool is_silent();

    /// Sends what is queued, throws away what has been read: somebody on the way could have put it
    /// there (CVE-2011-0411). Then the handshake as a server.
    asio::awaitable<void> accept_tls(tls_context with, std::chrono::seconds patience);
    /// The handshake as a client, who sees to it that nothing has been read by then.
    asio::awaitable<void> connect_tls(tls_context with, peer_proof wanted,
                                      std::chrono::seconds patience);
    [[nodiscard]] bool encrypted() const { return wire_.encrypted(); }

    /// Gives back the memory that a message has used.
    void shrink();

    /// Ends a read or write under way; its awaitable fails with operation_aborted.
    void cancel() { wire_.cancel(); }
    void close() { wire_.close(); }
    /// Says `bytes`, if that goes without waiting, and closes.
    void close_with(std::string_view bytes);
    /// Sends what is queued, and closes.
    asio::awaitable<void> finish(std::chrono::seconds patience);

  private:
    asio::awaitable<void> fill(std::size_t chunk, std::chrono::seconds patience);
    bool send_now();

    wire wire_;
    boost::beast::flat_buffer input_;
    std::string output_;
};

} // namespace postseal::relay
