// SPDX-License-Identifier: Apache-2.0
#include "relay/wire.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace postseal::relay {

namespace {

using boost::system::error_code;

constexpr std::size_t max_attempt = 1 << 20; // octets of one write: OpenSSL counts in int

// What OpenSSL has said last, for a person: a close without goodbye is a close.
error_code reason_of_failure() {
    const auto said = ERR_get_error();
    ERR_clear_error();
    if (ERR_GET_REASON(said) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return asio::error::eof;
    return {static_cast<int>(said), asio::error::get_ssl_category()};
}

// Nothing where OpenSSL only waits for the socket.
error_code as_failure(int why) {
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return {};
    if (why == SSL_ERROR_ZERO_RETURN) return asio::error::eof;
    if (why != SSL_ERROR_SYSCALL) return reason_of_failure();
    const error_code of_socket(errno, boost::system::system_category());
    return of_socket ? of_socket : error_code(asio::error::eof);
}

} // namespace

// Of the one operation that may be under way. Beast's tcp_stream would close the socket, before
// anybody could say 421.
struct wire::deadline {
    wire* of; // null once that has gone
    std::chrono::steady_clock::time_point due;
    bool armed = false;
    bool ticking = false; // the timer runs, perhaps to an earlier time than is due now
    bool late = false;
};

wire::wire(asio::ip::tcp::socket socket)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      deadline_(std::make_shared<deadline>(deadline{this, {}})) {
    if (socket_.is_open()) prepare();
}

wire::~wire() { deadline_->of = nullptr; }

void wire::free_tls::operator()(ssl_st* one) const { SSL_free(one); }

void wire::prepare() {
    error_code ignored; // of a socket that is no good any more: what is tried next will say so
    socket_.non_blocking(true, ignored);
    // Commands and replies are small and wait for each other: Nagle's algorithm with delayed
    // acknowledgements would cost 40 ms a turn.
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

// Ends the operation that is started next, unless it is over by then. Nearly all are over long
// before: so the timer is not set for each of them, but looks, when it goes off, what is due.
void wire::arm(std::chrono::seconds patience) {
    deadline_->due = std::chrono::steady_clock::now() + patience;
    deadline_->armed = true;
    if (!deadline_->ticking || timer_.expiry() > deadline_->due) tick();
}

void wire::tick() {
    deadline_->ticking = true;
    timer_.expires_at(deadline_->due);
    timer_.async_wait([weak = std::weak_ptr(deadline_)](error_code failed) {
        const auto still = weak.lock();
        if (!failed && still && still->of != nullptr) still->of->on_tick();
    });
}

void wire::on_tick() {
    deadline_->ticking = false;
    if (!deadline_->armed) return;
    if (std::chrono::steady_clock::now() < deadline_->due) {
        tick();
        return;
    }
    deadline_->late = true;
    cancel();
}

// The operation is over: `failed` is what it said.
void wire::settle(const error_code& failed) {
    deadline_->armed = false;
    if (std::exchange(deadline_->late, false) && failed) {
        throw boost::system::system_error(asio::error::timed_out);
    }
    if (failed) throw boost::system::system_error(failed);
}

asio::awaitable<void> wire::connect(std::vector<asio::ip::tcp::endpoint> addresses,
                                    std::chrono::seconds patience) {
    error_code failed = asio::error::host_not_found;
    arm(patience);
    for (const auto& address : addresses) {
        if (socket_.is_open()) socket_.close(failed);
        socket_.open(address.protocol(), failed);
        if (failed) continue;
        prepare();
        auto token = asio::redirect_error(asio::use_awaitable, failed);
        auto connecting = socket_.async_connect(address, token);
        co_await std::move(connecting);
        if (!failed || deadline_->late) break;
    }
    settle(failed);
}

asio::awaitable<std::size_t> wire::read_some(asio::mutable_buffer into,
                                             std::chrono::seconds patience) {
    error_code failed;
    std::size_t octets = 0;
    arm(patience);
    if (tls_) {
        auto reading = run(operation::read, static_cast<char*>(into.data()), into.size(), failed);
        octets = co_await std::move(reading);
    } else {
        auto token = asio::redirect_error(asio::use_awaitable, failed);
        auto reading = socket_.async_read_some(into, token);
        octets = co_await std::move(reading);
    }
    settle(failed);
    co_return octets;
}

asio::awaitable<void> wire::write(std::string_view bytes, std::chrono::seconds patience) {
    error_code failed;
    arm(patience);
    // Nobody writes to what is to be sent.
    auto* octets = const_cast<char*>(bytes.data());
    for (auto left = bytes.size(); left > 0 && !failed;) {
        auto writing = run(operation::write, octets, left, failed);
        const auto written = co_await std::move(writing);
        octets += written;
        left -= written;
    }
    settle(failed);
}

std::size_t wire::write_now(std::string_view bytes) {
    error_code failed;
    const auto written =
        attempt(operation::write, const_cast<char*>(bytes.data()), bytes.size(), failed);
    if (failed) throw boost::system::system_error(failed);
    return written;
}

// The kernel holds back what more is to follow upon (send(2), MSG_MORE), and an end is more.
std::size_t wire::write_last(std::string_view bytes) {
    if (tls_) return write_now(bytes);
    error_code failed;
    const auto written = socket_.send(asio::buffer(bytes), MSG_MORE, failed);
    if (failed && failed != asio::error::would_block) throw boost::system::system_error(failed);
    return written;
}

asio::awaitable<void> wire::accept_tls(tls_context with, std::chrono::seconds patience) {
    context_ = std::move(with);
    tls_.reset(SSL_new(context_.get()));
    if (tls_) SSL_set_accept_state(tls_.get());
    auto shaking = shake_hands(patience);
    co_await std::move(shaking);
}

asio::awaitable<void> wire::connect_tls(tls_context with, peer_proof wanted,
                                        std::chrono::seconds patience) {
    context_ = std::move(with);
    tls_.reset(SSL_new(context_.get()));
    if (tls_) {
        SSL_set_connect_state(tls_.get());
        expect_peer(tls_.get(), wanted);
    }
    auto shaking = shake_hands(patience);
    co_await std::move(shaking);
    if (is_expected_peer(tls_.get(), wanted)) co_return;
    broken_ = true;
    throw std::runtime_error("its certificate is not the one that is pinned");
}

asio::awaitable<void> wire::shake_hands(std::chrono::seconds patience) {
    if (!tls_ || SSL_set_fd(tls_.get(), socket_.native_handle()) != 1) {
        throw boost::system::system_error(asio::error::no_memory);
    }
    error_code failed;
    arm(patience);
    auto shaking = run(operation::handshake, nullptr, 0, failed);
    co_await std::move(shaking);
    if (failed) broken_ = true; // nothing can be said any more, late or not
    settle(failed);
}

// Tries, and waits for the socket as often as that is needed. Zero octets only with `failed`.
asio::awaitable<std::size_t> wire::run(operation what, char* octets, std::size_t size,
                                       error_code& failed) {
    for (;;) {
        const auto done = attempt(what, octets, size, failed);
        if (done > 0 || failed) co_return done;
        auto token = asio::redirect_error(asio::use_awaitable, failed);
        auto waiting = socket_.async_wait(wanted_, token);
        co_await std::move(waiting);
        if (deadline_->late && !failed) failed = asio::error::operation_aborted;
        if (failed) co_return 0;
    }
}

// Zero octets with `failed`, or where the socket has to become ready for what is wanted_.
std::size_t wire::attempt(operation what, char* octets, std::size_t size, error_code& failed) {
    if (tls_) return attempt_tls(what, octets, size, failed);
    wanted_ = asio::ip::tcp::socket::wait_write; // in clear, reads have their own way
    const auto written = socket_.write_some(asio::buffer(octets, size), failed);
    if (failed == asio::error::would_block) failed.clear();
    return written;
}

std::size_t wire::attempt_tls(operation what, char* octets, std::size_t size, error_code& failed) {
    if (broken_) {
        failed = asio::error::connection_reset;
        return 0;
    }
    ERR_clear_error();
    errno = 0;
    const auto count = static_cast<int>(std::min<std::size_t>(size, max_attempt));
    int done = -1;
    switch (what) {
    case operation::handshake: done = SSL_do_handshake(tls_.get()); break;
    case operation::read: done = SSL_read(tls_.get(), octets, count); break;
    case operation::write: done = SSL_write(tls_.get(), octets, count); break;
    }
    if (done > 0) return static_cast<std::size_t>(done);
    const int why = SSL_get_error(tls_.get(), done);
    failed = as_failure(why);
    if (failed) broken_ = why != SSL_ERROR_ZERO_RETURN;
    wanted_ = why == SSL_ERROR_WANT_WRITE ? asio::ip::tcp::socket::wait_write
                                          : asio::ip::tcp::socket::wait_read;
    return 0;
}

wire::peer wire::look() {
    char first = 0;
    if (tls_) { // session tickets are octets too, and say nothing
        if (broken_) return peer::gone;
        ERR_clear_error();
        const int seen = SSL_peek(tls_.get(), &first, 1);
        if (seen > 0) return peer::speaking;
        const int why = SSL_get_error(tls_.get(), seen);
        const bool waits = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
        return waits ? peer::silent : peer::gone;
    }
    error_code failed;
    socket_.receive(asio::buffer(&first, 1), asio::ip::tcp::socket::message_peek, failed);
    if (!failed) return peer::speaking;
    return failed == asio::error::would_block ? peer::silent : peer::gone;
}

void wire::cancel() {
    error_code ignored;
    socket_.cancel(ignored);
}

void wire::close() {
    if (tls_ && !broken_ && socket_.is_open() && SSL_is_init_finished(tls_.get())) {
        ERR_clear_error();
        SSL_shutdown(tls_.get()); // a goodbye, so that a cut connection can be told from the end
        ERR_clear_error();
    }
    broken_ = true;
    error_code ignored;
    socket_.close(ignored);
}

} // namespace postseal::relay
