// SPDX-License-Identifier: Apache-2.0
#include "relay/wire.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <exception>
#include <string>

using namespace postseal;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// A wire, and the other end of it, which the test holds.
struct pair {
    asio::io_context context;
    tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    tcp::socket far{context};
    relay::wire near;

    pair() : near(connected()) {}

    tcp::socket connected() {
        tcp::socket socket(context);
        socket.connect(acceptor.local_endpoint());
        far = acceptor.accept();
        return socket;
    }

    void run(asio::awaitable<void> what) {
        std::exception_ptr thrown;
        bool over = false;
        asio::co_spawn(context, std::move(what), [&](std::exception_ptr by) {
            thrown = std::move(by);
            over = true;
        });
        context.restart();
        while (!over)
            context.run_one();
        if (thrown) std::rethrow_exception(thrown);
    }

    // The error of a wait that fails; none where it does not.
    boost::system::error_code failure(asio::awaitable<void> what) {
        try {
            run(std::move(what));
        } catch (const boost::system::system_error& e) {
            return e.code();
        }
        return {};
    }
};

asio::awaitable<void> read(relay::wire& from, std::chrono::seconds patience) {
    std::array<char, 16> octets{};
    auto reading = from.read_some(asio::buffer(octets), patience);
    co_await std::move(reading);
}

asio::awaitable<void> write(relay::wire& to, std::string bytes, std::chrono::seconds patience) {
    auto writing = to.write(bytes, patience);
    co_await std::move(writing);
}

asio::awaitable<void> connect(relay::wire& one, std::vector<tcp::endpoint> addresses) {
    auto connecting = one.connect(std::move(addresses), 30s);
    co_await std::move(connecting);
}

tcp::endpoint nobodys(asio::io_context& context) {
    const tcp::acceptor closed_at_once(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    return closed_at_once.local_endpoint();
}

} // namespace

BOOST_AUTO_TEST_SUITE(wires)

BOOST_AUTO_TEST_CASE(a_short_wait_behind_a_long_one_is_short) {
    pair ends;
    ends.far.send(asio::buffer("one", 3));
    ends.run(read(ends.near, 300s));
    BOOST_TEST(ends.failure(read(ends.near, 1s)) == asio::error::timed_out);
    BOOST_TEST(!ends.near.peer_has_gone()); // it can be told
}

BOOST_AUTO_TEST_CASE(a_long_wait_behind_a_short_one_is_long) {
    pair ends;
    ends.far.send(asio::buffer("one", 3));
    ends.run(read(ends.near, 1s));
    asio::steady_timer later(ends.context, 1500ms);
    later.async_wait([&](auto) { ends.far.send(asio::buffer("two", 3)); });
    BOOST_TEST(!ends.failure(read(ends.near, 60s)));
}

BOOST_AUTO_TEST_CASE(a_peer_that_takes_nothing_is_not_waited_for_for_ever) {
    pair ends;
    BOOST_TEST(ends.failure(write(ends.near, std::string(64 << 20, 'x'), 1s)) ==
               asio::error::timed_out);
    BOOST_TEST(!ends.near.peer_has_gone());
}

BOOST_AUTO_TEST_CASE(what_is_written_now_is_as_much_as_the_socket_takes) {
    pair ends;
    const std::string much(64 << 20, 'x');
    BOOST_TEST(ends.near.write_now("two") == 3U);
    std::size_t taken = 3;
    while (const auto more = ends.near.write_now(much))
        taken += more;
    BOOST_TEST(taken < much.size());
    ends.far.close();
}

BOOST_AUTO_TEST_CASE(the_first_address_that_answers_is_taken) {
    pair ends;
    relay::wire one{tcp::socket(ends.context)};
    ends.run(connect(one, {nobodys(ends.context), ends.acceptor.local_endpoint()}));
    auto far = ends.acceptor.accept();
    far.send(asio::buffer("one", 3));
    BOOST_TEST(!ends.failure(read(one, 30s)));
    relay::wire other{tcp::socket(ends.context)};
    BOOST_TEST(ends.failure(connect(other, {nobodys(ends.context)})) ==
               asio::error::connection_refused);
    relay::wire none{tcp::socket(ends.context)};
    BOOST_TEST(ends.failure(connect(none, {})) == asio::error::host_not_found);
}

BOOST_AUTO_TEST_SUITE_END()
