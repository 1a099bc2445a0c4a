// SPDX-License-Identifier: Apache-2.0
#include "relay/kept_connections.hpp"

#include "relay/next_hop.hpp"
#include "scripted_hop.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <string>
#include <vector>

using namespace postseal;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr std::string_view message = "Subject: x\r\n\r\nHello.\r\n";

// A whole session's part with the next hop.
asio::awaitable<void> send_one(relay::next_hop& to) {
    auto greeting = to.greet(relay::next_hop::greeting::ehlo, "relay.example.org");
    auto answer = co_await std::move(greeting);
    BOOST_TEST(answer.positive(), smtp::to_log(answer));
    for (const std::string line : {"MAIL FROM:<anna@example.org>", "RCPT TO:<bob@example.net>"}) {
        auto asking = to.ask(line);
        answer = co_await std::move(asking);
        BOOST_TEST(answer.positive(), smtp::to_log(answer));
    }
    std::vector<std::string_view> pieces{message};
    auto sending = to.send_message(std::move(pieces));
    answer = co_await std::move(sending);
    BOOST_TEST(answer.positive(), smtp::to_log(answer));
    to.leave();
    to.quit();
}

struct scene {
    asio::io_context context;
    relay::testing::scripted_hop hop{context};
    std::shared_ptr<relay::kept_connections> kept =
        std::make_shared<relay::kept_connections>(context.get_executor());

    void until(const std::function<bool()>& met) {
        const auto give_up = std::chrono::steady_clock::now() + 30s;
        context.restart();
        while (!met() && std::chrono::steady_clock::now() < give_up)
            context.run_one_for(100ms);
        BOOST_TEST(met());
    }

    void run(asio::awaitable<void> what) {
        bool over = false;
        std::exception_ptr thrown;
        asio::co_spawn(context, std::move(what), [&](std::exception_ptr by) {
            thrown = std::move(by);
            over = true;
        });
        until([&] { return over; });
        if (thrown) std::rethrow_exception(thrown);
    }

    void serve_a_client() {
        relay::next_hop to(context.get_executor(), hop.address());
        to.share(kept);
        run(send_one(to));
    }

    // A new one, which has been greeted by nobody.
    relay::kept_connection connect() {
        relay::kept_connection made;
        made.stands =
            std::make_unique<relay::connection>(asio::ip::tcp::socket(context.get_executor()));
        made.since = std::chrono::steady_clock::now();
        const auto& [host, port] = hop.address().address;
        run(made.stands->connect({{asio::ip::make_address(host), port}}, 10s));
        auto reading = made.stands->read_line(512, 10s);
        run(ignore(std::move(reading)));
        return made;
    }

    static asio::awaitable<void> ignore(asio::awaitable<relay::connection::line> reading) {
        co_await std::move(reading);
    }

    [[nodiscard]] std::ptrdiff_t goodbyes() const {
        return std::ranges::count(hop.lines, std::string("QUIT"));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(kept_connections_)

BOOST_AUTO_TEST_CASE(clients_after_each_other_share_one) {
    scene here;
    for (int client = 0; client < 3; ++client)
        here.serve_a_client();
    BOOST_TEST(here.hop.connections == 1);
    BOOST_TEST(here.hop.messages.size() == 3U);
    BOOST_TEST(here.kept->count() == 1U);
}

BOOST_AUTO_TEST_CASE(one_is_not_kept_for_ever_however_busy_it_is) {
    scene here;
    for (std::size_t client = 0; client < relay::kept_connections::most_messages + 1; ++client)
        here.serve_a_client();
    BOOST_TEST(here.hop.connections == 2);
    here.until([&] { return here.goodbyes() == 1; });
}

BOOST_AUTO_TEST_CASE(an_old_one_is_not_kept) {
    scene here;
    auto old = here.connect();
    old.since -= relay::kept_connections::longest_use;
    here.kept->keep(std::move(old));
    BOOST_TEST(here.kept->count() == 0U);
    here.until([&] { return here.goodbyes() == 1 && here.hop.open == 0; });
}

BOOST_AUTO_TEST_CASE(no_more_are_kept_than_the_server_can_spare) {
    scene here;
    const auto most = relay::kept_connections::most;
    std::vector<relay::kept_connection> many;
    for (std::size_t i = 0; i < most + 2; ++i)
        many.push_back(here.connect());
    for (auto& one : many)
        here.kept->keep(std::move(one));
    BOOST_TEST(here.kept->count() == most);
    here.until([&] { return here.goodbyes() == 2; });
}

BOOST_AUTO_TEST_CASE(idle_ones_are_told_goodbye) {
    scene here;
    here.kept->keep(here.connect());
    here.kept->keep(here.connect());
    here.until([&] { return here.goodbyes() == 2 && here.hop.open == 0; });
    BOOST_TEST(here.kept->count() == 0U);
    here.kept->keep(here.connect()); // the timer is set again
    here.until([&] { return here.goodbyes() == 3; });
}

BOOST_AUTO_TEST_CASE(all_are_told_goodbye_at_the_end_and_none_is_kept_behind_it) {
    scene here;
    auto late = here.connect();
    here.kept->keep(here.connect());
    here.kept->close();
    BOOST_TEST(here.kept->count() == 0U);
    here.until([&] { return here.goodbyes() == 1; });
    here.kept->keep(std::move(late));
    BOOST_TEST(here.kept->count() == 0U);
    BOOST_TEST(!here.kept->take());
    here.until([&] { return here.goodbyes() == 2 && here.hop.open == 0; });
}

BOOST_AUTO_TEST_SUITE_END()
