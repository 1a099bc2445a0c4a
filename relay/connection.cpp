// SPDX-License-Identifier: Apache-2.0
#include "relay/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace postseal::relay {

namespace {

constexpr std::size_t line_chunk = 4 * 1024;
constexpr std::size_t data_chunk = 64 * 1024;

std::string_view unread(const boost::beast::flat_buffer& input) {
    return {static_cast<const char*>(input.data().data()), input.size()};
}

} // namespace

// The socket and the deadline of the one operation that may be under way on it. Beast's tcp_stream
// would close the socket at the deadline, before anybody could say 421.
struct connection::wire {
    explicit wire(asio::ip::tcp::socket open)
        : socket(std::move(open)), timer(socket.get_executor()) {}

    // Ends the operation that is started next, unless it is over by then.
    static void arm(const std::shared_ptr<wire>& one, std::chrono::seconds patience) {
        const auto turn = ++one->turn;
        one->timer.expires_after(patience);
        one->timer.async_wait([weak = std::weak_ptr(one), turn](boost::system::error_code failed) {
            const auto still = weak.lock();
            if (failed || !still || still->turn != turn) return;
            still->late = true;
            boost::system::error_code ignored;
            still->socket.cancel(ignored);
        });
    }

    // The operation is over: `failed` is what it said.
    void settle(const boost::system::error_code& failed) {
        ++turn; // recalls a handler that cancel() comes too late for
        timer.cancel();
        if (std::exchange(late, false) && failed) {
            throw boost::system::system_error(asio::error::timed_out);
        }
        if (failed) throw boost::system::system_error(failed);
    }

    asio::ip::tcp::socket socket;
    asio::steady_timer timer;
    std::uint64_t turn = 0;
    bool late = false;
};

connection::connection(asio::ip::tcp::socket socket)
    : wire_(std::make_shared<wire>(std::move(socket))) {
    // Commands and replies are small and wait for each other: Nagle's algorithm with delayed
    // acknowledgements would cost 40 ms a turn.
    boost::system::error_code ignored;
    wire_->socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}

connection::~connection() = default;

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
                read.end = line_end::too_long;
            }
            input_.consume(end + 1);
            co_return read;
        }
        searched = seen.size();
        if (seen.size() > limit + 1) { // a CR may wait for its LF
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
    if (input_.size() == 0) co_await fill(data_chunk, patience);
    co_return unread(input_);
}

asio::awaitable<void> connection::fill(std::size_t chunk, std::chrono::seconds patience) {
    co_await flush(patience);
    boost::system::error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    wire::arm(wire_, patience);
    auto reading = wire_->socket.async_read_some(input_.prepare(chunk), token);
    const auto octets = co_await std::move(reading);
    wire_->settle(failed);
    input_.commit(octets);
}

asio::awaitable<void> connection::flush(std::chrono::seconds patience) {
    if (output_.empty()) co_return;
    auto writing = write({}, patience);
    co_await std::move(writing);
}

asio::awaitable<void> connection::write(std::string_view bytes, std::chrono::seconds patience) {
    const auto leaving = std::exchange(output_, std::string());
    const std::array<asio::const_buffer, 2> both{asio::buffer(leaving), asio::buffer(bytes)};
    boost::system::error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    wire::arm(wire_, patience);
    auto writing = asio::async_write(wire_->socket, both, token);
    co_await std::move(writing);
    wire_->settle(failed);
}

bool connection::has_input() const {
    boost::system::error_code ignored;
    return input_.size() > 0 || wire_->socket.available(ignored) > 0;
}

bool connection::peer_has_gone() const {
    if (input_.size() > 0) return false; // it has said more, a QUIT most likely
    char first = 0;
    const auto seen = ::recv(wire_->socket.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    return seen == 0 || (seen < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void connection::shrink() { input_.shrink_to_fit(); }

void connection::cancel() {
    boost::system::error_code ignored;
    wire_->socket.cancel(ignored);
}

void connection::close() {
    boost::system::error_code ignored;
    wire_->socket.close(ignored);
}

} // namespace postseal::relay
