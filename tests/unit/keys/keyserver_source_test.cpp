// SPDX-License-Identifier: Apache-2.0
#include "keys/keyserver_source.hpp"

#include "tests/unit/keys/packet_samples.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <deque>
#include <ostream>
#include <thread>

namespace asio = boost::asio;
using namespace postseal;
using namespace postseal::keys;
using namespace std::chrono_literals;

namespace postseal::keys {
static std::ostream& operator<<(std::ostream& out, outcome what) { return out << to_string(what); }
} // namespace postseal::keys

namespace {

https_answer code(int number, std::string body = {}) {
    https_answer made;
    made.status = https_status::answered;
    made.code = number;
    made.body = std::move(body);
    return made;
}

https_answer failed(https_status status) {
    https_answer made;
    made.status = status;
    return made;
}

/// A keyserver that says one thing after another, the last one for ever.
struct scripted_server {
    std::deque<https_answer> says{code(404)};
    std::vector<https_request> asked;

    https_answer operator()(https_request request) {
        asked.push_back(std::move(request));
        auto said = says.front();
        if (says.size() > 1) says.pop_front();
        return said;
    }
};

asio::awaitable<https_answer> answer_from(scripted_server& server, https_request request) {
    co_return server(std::move(request));
}

/// The second question is answered when the door is opened.
asio::awaitable<https_answer> answer_behind(asio::steady_timer& door, scripted_server& server,
                                            https_request request) {
    auto said = server(std::move(request));
    if (server.asked.size() != 2) co_return said;
    boost::system::error_code opened;
    auto token = asio::redirect_error(asio::use_awaitable, opened);
    auto waiting = door.async_wait(std::move(token));
    co_await std::move(waiting);
    co_return said;
}

struct scene {
    asio::io_context context;
    scripted_server server;
    std::unique_ptr<keyserver_source> source;

    explicit scene(const std::string& url = "vks://keys.corp.org", rate limit = {},
                   std::string proxy = {}) {
        keyserver_settings settings;
        settings.server = parse_keyserver(url).value();
        settings.limit = limit;
        settings.proxy = std::move(proxy);
        source = std::make_unique<keyserver_source>(
            [this](https_request request) { return answer_from(server, std::move(request)); },
            settings);
    }

    /// What is asked in the background stays where it is.
    answer ask(const std::string& local_part = "joe") {
        auto asking = source->ask({local_part, "corp.org"});
        auto said = asio::co_spawn(context, std::move(asking), asio::use_future);
        context.restart();
        while (said.wait_for(0s) != std::future_status::ready)
            context.run_one();
        return said.get();
    }

    /// Until nothing is left to be asked.
    void catch_up() {
        context.restart();
        context.run();
    }
};

const auto alice = samples::read("alice.asc");
/// Seldom enough for a machine that has much to do: several questions fall between two tokens.
constexpr rate one_and_then_quickly{1, 500ms, 1};

} // namespace

BOOST_AUTO_TEST_SUITE(keyserver_source_test)

BOOST_AUTO_TEST_CASE(a_key_is_found_where_the_administrator_says) {
    scene on("vks://keys.corp.org", {}, "socks5h://127.0.0.1:9050");
    on.server.says = {code(200, alice)};
    const auto said = on.ask();
    BOOST_TEST(said.result == outcome::found, said.reason);
    BOOST_TEST(said.material == alice);
    BOOST_TEST(on.source->name() == "vks");
    BOOST_REQUIRE(on.server.asked.size() == 1U);
    const auto& request = on.server.asked[0];
    BOOST_TEST(request.url == "https://keys.corp.org/vks/v1/by-email/joe%40corp.org");
    BOOST_TEST(request.proxy == "socks5h://127.0.0.1:9050");
    BOOST_TEST(request.max_body == 256U * 1024);
    BOOST_CHECK(request.chosen == chosen_by::administrator);
}

BOOST_AUTO_TEST_CASE(hkp_may_serve_more) {
    scene on("hkp://10.0.0.5");
    BOOST_TEST(on.source->name() == "hkp");
    BOOST_TEST(on.ask().result == outcome::absent);
    BOOST_TEST(on.server.asked.at(0).max_body == max_key_material);
}

BOOST_AUTO_TEST_CASE(a_keyservers_no_is_never_the_last_word) {
    for (const int number : {404, 410, 400}) {
        scene on;
        on.server.says = {code(number)};
        const auto said = on.ask();
        BOOST_TEST(said.result == outcome::absent);
        BOOST_TEST(!said.authoritative);
        BOOST_TEST(said.reason == "keys.corp.org answered " + std::to_string(number));
    }
}

BOOST_AUTO_TEST_CASE(whatever_fails_is_temporary_and_nobody_waits_for_it) {
    using enum https_status;
    for (const auto& answer :
         {code(429), code(500), code(503), code(403), code(302), code(200, "<html>"),
          failed(timed_out), failed(too_large), failed(tls_failed), failed(resolver_failed),
          failed(no_such_host), failed(forbidden_peer)}) {
        scene on;
        on.server.says = {answer};
        const auto said = on.ask();
        BOOST_TEST(said.result == outcome::temporary, answer.code << said.reason);
        BOOST_TEST(said.retry_in.has_value(), answer.code << said.reason);
    }
}

BOOST_AUTO_TEST_CASE(what_may_not_be_asked_now_is_asked_later_and_the_next_one_finds_the_answer) {
    scene on("vks://keys.corp.org", one_and_then_quickly);
    on.server.says = {code(404), code(200, alice), code(404)};
    BOOST_TEST(on.ask("first").result == outcome::absent);

    const auto put_off = on.ask("joe");
    BOOST_TEST(put_off.result == outcome::temporary);
    BOOST_TEST(put_off.reason == "asked later: keys.corp.org may not be asked so often; in 1 s");
    BOOST_REQUIRE(put_off.retry_in);
    BOOST_CHECK(*put_off.retry_in == 1s);
    BOOST_TEST(on.ask("JOE").result ==
               outcome::temporary); // who waits already is not put there twice

    on.catch_up();
    BOOST_TEST(on.server.asked.size() == 2U);
    const auto said = on.ask("joe");
    BOOST_TEST(said.result == outcome::found);
    BOOST_TEST(said.material == alice);
    BOOST_TEST(on.server.asked.size() == 2U);
}

BOOST_AUTO_TEST_CASE(for_whom_the_server_is_asked_just_now_nobody_waits_for_another_turn) {
    scene on;
    auto enough = code(429);
    enough.retry_after = 1s;
    on.server.says = {enough, code(200, alice)};
    asio::steady_timer door(on.context, asio::steady_timer::time_point::max());
    keyserver_settings settings;
    settings.server = parse_keyserver("vks://keys.corp.org").value();
    settings.limit = {1, std::chrono::hours(1), 2}; // one for each of the two questions
    on.source = std::make_unique<keyserver_source>(
        [&](https_request request) { return answer_behind(door, on.server, std::move(request)); },
        settings);
    BOOST_CHECK(on.ask("joe").retry_in == 1s);
    on.context.restart();
    while (on.server.asked.size() < 2) // and then waits for the answer
        on.context.run_one();
    BOOST_CHECK(on.ask("joe").retry_in == 1s);
    BOOST_CHECK(on.ask("ann").retry_in == 5min); // her turn is in an hour
    door.cancel();
    on.context.restart();
    on.context.poll();
    BOOST_TEST(on.ask("joe").result == outcome::found);
    BOOST_TEST(on.server.asked.size() == 2U);
}

BOOST_AUTO_TEST_CASE(whoever_waits_is_served_before_whoever_comes) {
    scene on("vks://keys.corp.org", one_and_then_quickly);
    on.ask("1");
    on.ask("2");
    std::this_thread::sleep_for(600ms); // there is a token, and the background has not taken it yet
    on.ask("3");
    on.ask("4");
    on.catch_up();
    BOOST_REQUIRE(on.server.asked.size() == 4U);
    for (std::size_t i = 0; i < 4; ++i)
        BOOST_TEST(on.server.asked[i].url.ends_with('/' + std::to_string(i + 1) + "%40corp.org"));
}

BOOST_AUTO_TEST_CASE(a_server_that_has_had_enough_is_asked_when_it_says) {
    scene on; // no limit of ours
    auto enough = code(429);
    enough.retry_after = 90s;
    on.server.says = {enough};
    const auto said = on.ask("joe");
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.reason == "asked later: keys.corp.org answered 429; in 90 s");
    BOOST_TEST(on.ask("ann").result == outcome::temporary);
    BOOST_TEST(on.server.asked.size() == 1U); // not even asked
}

BOOST_AUTO_TEST_CASE(a_server_that_fails_is_left_alone_but_not_for_one_bad_key) {
    scene down;
    down.server.says = {code(503), code(200, alice)};
    down.ask("joe");
    BOOST_TEST(down.ask("ann").result == outcome::temporary);
    BOOST_TEST(down.server.asked.size() == 1U);

    scene one_bad_key;
    one_bad_key.server.says = {failed(https_status::too_large), code(200, alice)};
    one_bad_key.ask("joe");
    BOOST_TEST(one_bad_key.ask("ann").result == outcome::found);
}

BOOST_AUTO_TEST_CASE(reserved_names_are_neither_asked_for_nor_put_off) {
    scene on("vks://keys.corp.org", one_and_then_quickly);
    on.ask("first");
    auto asking = on.source->ask({"joe", "corp.internal"});
    auto said = asio::co_spawn(on.context, std::move(asking), asio::use_future);
    on.context.restart();
    on.context.run();
    const auto answered = said.get();
    BOOST_TEST(answered.result == outcome::absent);
    BOOST_TEST(answered.asked_nobody);
    BOOST_TEST(on.server.asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_background_ends_with_its_source) {
    scene on("vks://keys.corp.org", {1, std::chrono::hours(1), 1});
    on.ask("first");
    BOOST_TEST(on.ask("joe").result == outcome::temporary);
    on.context.restart();
    on.context.poll(); // it waits for a token
    on.source.reset();
    on.catch_up(); // would last for an hour
    BOOST_TEST(on.server.asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(fingerprints_are_asked_for_on_an_account_of_their_own) {
    scene on("vks://keys.corp.org", {1, std::chrono::hours(1), 1});
    on.ask("first");
    const std::string fingerprint(40, 'A');
    const auto ask = [&] {
        auto asking = on.source->ask_by_fingerprint(fingerprint);
        auto said = asio::co_spawn(on.context, std::move(asking), asio::use_future);
        on.catch_up();
        return said.get();
    };
    on.server.says = {code(200, alice), code(404), code(429)};
    BOOST_TEST(ask().material == alice);
    BOOST_TEST(on.server.asked.back().url ==
               "https://keys.corp.org/vks/v1/by-fingerprint/" + fingerprint);
    BOOST_TEST(ask().result == outcome::absent);
    BOOST_TEST(ask().result == outcome::temporary);
    const auto asked = on.server.asked.size();
    BOOST_TEST(ask().result == outcome::temporary); // it has had enough
    BOOST_TEST(on.server.asked.size() == asked);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_for_revocations_is_not_asked_by_fingerprint) {
    scene on;
    keyserver_settings settings;
    settings.server = parse_keyserver("vks://keys.corp.org").value();
    settings.for_revocations = false;
    on.source = std::make_unique<keyserver_source>(
        [&](https_request request) { return answer_from(on.server, std::move(request)); },
        settings);
    auto asking = on.source->ask_by_fingerprint(std::string(40, 'A'));
    auto said = asio::co_spawn(on.context, std::move(asking), asio::use_future);
    on.catch_up();
    BOOST_TEST(said.get().result == outcome::absent);
    BOOST_TEST(on.server.asked.empty());
}

BOOST_AUTO_TEST_SUITE_END()
