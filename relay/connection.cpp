// SPDX-License-Identifier: Apache-2.0
#include "relay/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace postseal::relay {

namespace {

// A connection waits for its next line with so much memory, and there are thousands of them. Longer
// lines, or more of them at once, are read in several steps.
constexpr std::size_t line_chunk = 512;
// Of a line that is too long to be read, the octets that say which command it would have been.
constexpr std::size_t verb = 8;
constexpr std::size_t data_chunk = 64 * 1024;

std::string_view unread(const boost::beast::flat_buffer& input) {
    return {static_cast<const char*>(input.data().data()), input.size()};
}

} // namespace

connection::connection(asio::ip::tcp::socket socket) : wire_(std::move(socket)) {}

asio::awaitable<void> connection::connect(std::vector<asio::ip::tcp::endpoint> addresses,
                                          std::chrono::seconds patience) {
    auto connecting = wire_.connect(std::move(addresses), patience);
    co_await std::move(connecting);
}

asio::awaitable<connection::line> connection::read_line(std::size_t limit,
                                                        std::chrono::seconds patience) {
    line read;
    // One deadline for the whole line: a peer that drips octets does not get a new one for each.
    const auto give_up = std::chrono::steady_clock::now() + patience;
    std::size_t searched = 0;
    for (;;) {
        const auto seen = unread(input_);
        const auto end = seen.find('\n', searched);
        if (end != std::string_view::npos) {
            const bool crlf = end > 0 && seen[end - 1] == '\r';
            const auto text = seen.substr(0, crlf ? end - 1 : end);
            if (read.end != line_end::too_long && text.size() <= limit) {
                read.text = text;
                read.end = crlf ? line_end::crlf : line_end::bare_lf;
            } else {
                if (read.end != line_end::too_long) read.text = seen.substr(0, verb);
                read.end = line_end::too_long;
            }
            input_.consume(end + 1);
            co_return read;
        }
        searched = seen.size();
        if (seen.size() > limit + 1) { // a CR may wait for its LF
            if (read.end != line_end::too_long) read.text = seen.substr(0, verb);
            read.end = line_end::too_long;
            input_.consume(seen.size() - 1);
            searched = 0;
        }
        const auto left =
            std::chrono::ceil<std::chrono::seconds>(give_up - std::chrono::steady_clock::now());
        co_await fill(line_chunk, left);
    }
}

asio::awaitable<std::string_view> connection::read_some(std::chrono::seconds patience) {
    auto reading = read_some(data_chunk, patience);
    const auto seen = co_await std::move(reading);
    co_return seen;
}

asio::awaitable<std::string_view> connection::read_some(std::size_t limit,
                                                        std::chrono::seconds patience) {
    if (input_.size() == 0) co_await fill(limit, patience);
    co_return unread(input_);
}

asio::awaitable<void> connection::fill(std::size_t chunk, std::chrono::seconds patience) {
    if (!send_now()) co_await flush(patience);
    auto reading = wire_.read_some(input_.prepare(chunk), patience);
    const auto octets = co_await std::move(reading);
    input_.commit(octets);
}

// Replies and commands nearly always go at once: nobody has to wait, and no timer to run.
bool connection::send_now() {
    if (output_.empty()) return true;
    const auto sent = wire_.write_now(output_);
    output_ = output_.substr(sent); // gives its memory back
    return output_.empty();
}

asio::awaitable<void> connection::flush(std::chrono::seconds patience) {
    if (send_now()) co_return;
    const auto leaving = std::exchange(output_, std::string());
    auto writing = wire_.write(leaving, patience);
    co_await std::move(writing);
}

asio::awaitable<void> connection::write(std::string_view bytes, std::chrono::seconds patience) {
    co_await flush(patience);
    auto writing = wire_.write(bytes, patience);
    co_await std::move(writing);
}

asio::awaitable<void> connection::accept_tls(tls_context with, std::chrono::seconds patience) {
    co_await flush(patience);
    input_.consume(input_.size());
    auto accepting = wire_.accept_tls(std::move(with), patience);
    co_await std::move(accepting);
}

asio::awaitable<void> connection::connect_tls(tls_context with, peer_proof wanted,
                                              std::chrono::seconds patience) {
    auto connecting = wire_.connect_tls(std::move(with), std::move(wanted), patience);
    co_await std::move(connecting);
}

bool connection::has_input() { return input_.size() > 0 || wire_.has_input(); }

bool connection::peer_has_gone() {
    return input_.size() == 0 && wire_.peer_has_gone(); // else it has said more, a QUIT most likely
}

bool connection::is_silent() { return input_.size() == 0 && wire_.look() == wire::peer::silent; }

void connection::close_with(std::string_view bytes) {
    try {
        queue(bytes);
        wire_.write_last(output_);
    } catch (const boost::system::system_error&) {
        // It has gone already, which is what was wanted.
    }
    close();
}

// Where something has come that will not be read, the end of the connection is a reset, which takes
// with it what the kernel has not sent yet: then one packet has to go after the other.
asio::awaitable<void> connection::finish(std::chrono::seconds patience) {
    if (is_silent()) output_ = output_.substr(wire_.write_last(output_));
    co_await flush(patience);
    close();
}

void connection::shrink() { input_.shrink_to_fit(); }

} // namespace postseal::relay
