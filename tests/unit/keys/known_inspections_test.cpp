// SPDX-License-Identifier: Apache-2.0
#include "keys/known_inspections.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

namespace asio = boost::asio;
using namespace postseal::keys;

namespace {

// GnuPG's place: counts how often it is asked, and can be out of order.
struct scene {
    asio::io_context context;
    std::chrono::sys_seconds now{std::chrono::hours(500'000)};
    int asked = 0;
    bool broken = false;
    std::chrono::sys_seconds made{}; // each of the certificates
    std::chrono::seconds it_takes{}; // GnuPG, for an inspection
    inspector inspect = knowing_inspector([this](std::string bytes) { return real(bytes); },
                                          [this] { return now; });

    asio::awaitable<boost::system::result<inspection>> real(std::string bytes) {
        ++asked;
        if (broken) {
            boost::system::error_code failed = asio::error::operation_aborted;
            co_return failed;
        }
        inspection seen;
        seen.fingerprint = bytes;
        seen.created = made;
        now += it_takes;
        co_return seen;
    }

    boost::system::result<inspection> ask(std::string bytes) {
        auto asking = inspect(std::move(bytes));
        auto answered = asio::co_spawn(context, std::move(asking), asio::use_future);
        context.restart();
        context.run();
        return answered.get();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(known_inspections)

BOOST_AUTO_TEST_CASE(the_same_bytes_are_inspected_once) {
    scene on;
    BOOST_TEST(on.ask("alice")->fingerprint == "alice");
    BOOST_TEST(on.ask("alice")->fingerprint == "alice");
    BOOST_TEST(on.asked == 1);
    BOOST_TEST(on.ask("bob")->fingerprint == "bob");
    BOOST_TEST(on.asked == 2);
}

BOOST_AUTO_TEST_CASE(an_inspection_grows_old) {
    scene on;
    (void)on.ask("alice");
    on.now += inspection_lifetime - std::chrono::seconds(1);
    (void)on.ask("alice");
    BOOST_TEST(on.asked == 1);
    on.now += std::chrono::seconds(1);
    (void)on.ask("alice");
    BOOST_TEST(on.asked == 2);
    on.now -= std::chrono::hours(24); // a clock that was set back
    (void)on.ask("alice");
    BOOST_TEST(on.asked == 3);
}

BOOST_AUTO_TEST_CASE(a_failure_is_not_remembered) {
    scene on;
    on.broken = true;
    BOOST_TEST(!on.ask("alice"));
    on.broken = false;
    BOOST_TEST(on.ask("alice").has_value());
    BOOST_TEST(on.asked == 2);
}

// Mail that was held for it is sent again minutes later.
BOOST_AUTO_TEST_CASE(what_is_said_of_a_key_from_the_future_is_not_remembered) {
    scene on;
    on.made = on.now + std::chrono::seconds(60);
    (void)on.ask("alice");
    on.now = on.made - std::chrono::seconds(1);
    on.it_takes = std::chrono::seconds(1); // it was asked a moment too early
    (void)on.ask("alice");
    (void)on.ask("alice");
    BOOST_TEST(on.asked == 3);
    (void)on.ask("alice");
    BOOST_TEST(on.asked == 3);
}

BOOST_AUTO_TEST_CASE(what_is_known_has_a_limit) {
    scene on;
    for (std::size_t i = 0; i <= 3 * max_known_inspections; ++i) {
        (void)on.ask(std::to_string(i));
    }
    const auto last = std::to_string(3 * max_known_inspections);
    const auto before = on.asked;
    (void)on.ask(last);
    BOOST_TEST(on.asked == before);
    (void)on.ask("0");
    BOOST_TEST(on.asked == before + 1);
}

BOOST_AUTO_TEST_CASE(one_too_many_takes_the_place_of_the_oldest_alone) {
    scene on;
    for (std::size_t i = 0; i <= max_known_inspections; ++i)
        (void)on.ask(std::to_string(i));
    const auto before = on.asked;
    for (std::size_t i = 1; i <= max_known_inspections; ++i)
        (void)on.ask(std::to_string(i));
    BOOST_TEST(on.asked == before);
    (void)on.ask("0"); // in place of 1
    BOOST_TEST(on.asked == before + 1);
    (void)on.ask("2");
    BOOST_TEST(on.asked == before + 1);
}

BOOST_AUTO_TEST_CASE(what_was_inspected_anew_is_the_youngest) {
    scene on;
    for (std::size_t i = 0; i < max_known_inspections; ++i)
        (void)on.ask(std::to_string(i));
    on.now += inspection_lifetime;
    (void)on.ask("0");
    (void)on.ask("one more");
    const auto before = on.asked;
    (void)on.ask("0");
    BOOST_TEST(on.asked == before);
}

BOOST_AUTO_TEST_SUITE_END()
