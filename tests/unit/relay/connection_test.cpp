// SPDX-License-Identifier: Apache-2.0
#include "relay/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <exception>
#include <string>

using namespace postseal;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// A connection, and the other end of it.
struct pair {
    asio::io_context context;
    tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    tcp::socket far{context};
    relay::connection near;
    std::string heard; // at the far end, until there was no more
    std::exception_ptr thrown;

    pair() : near(connected()) {}

    tcp::socket connected() {
        tcp::socket socket(context);
        socket.connect(acceptor.local_endpoint());
        far = acceptor.accept();
        return socket;
    }

    asio::awaitable<void> listen() {
        std::array<char, 4096> octets{};
        for (boost::system::error_code ended;;) {
            auto token = asio::redirect_error(asio::use_awaitable, ended);
            auto reading = far.async_read_some(asio::buffer(octets), token);
            const auto size = co_await std::move(reading);
            heard.append(octets.data(), size);
            if (ended) co_return;
        }
    }

    // What the far end hears of it.
    std::string finish() {
        asio::co_spawn(context, near.finish(30s), [&](std::exception_ptr by) { thrown = by; });
        asio::co_spawn(context, listen(), [](const std::exception_ptr&) {});
        context.run_for(60s);
        if (thrown) std::rethrow_exception(thrown);
        return heard;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(connections)

BOOST_AUTO_TEST_CASE(what_is_queued_comes_before_the_end) {
    pair ends;
    ends.near.queue("250 Ok\r\n");
    ends.near.queue("221 Bye\r\n");
    BOOST_TEST(ends.finish() == "250 Ok\r\n221 Bye\r\n");
}

BOOST_AUTO_TEST_CASE(last_words_reach_a_peer_that_has_said_more_than_was_read) {
    pair ends;
    ends.far.send(asio::buffer("NOOP\r\n", 6));
    ends.near.queue("421 Bye\r\n");
    BOOST_TEST(ends.finish() == "421 Bye\r\n");
}

BOOST_AUTO_TEST_CASE(last_words_may_be_more_than_the_socket_takes_at_once) {
    pair ends;
    const std::string much(32 << 20, 'x');
    ends.near.queue(much);
    BOOST_TEST((ends.finish() == much));
}

BOOST_AUTO_TEST_CASE(a_peer_is_silent_until_it_speaks_or_goes) {
    pair ends;
    BOOST_TEST(ends.near.is_silent());
    ends.far.send(asio::buffer("x", 1));
    BOOST_TEST(!ends.near.is_silent());
    BOOST_TEST(ends.near.has_input());
    pair others;
    others.far.close();
    BOOST_TEST(!others.near.is_silent());
    BOOST_TEST(!others.near.has_input());
    BOOST_TEST(others.near.peer_has_gone());
}

BOOST_AUTO_TEST_SUITE_END()
