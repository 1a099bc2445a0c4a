// SPDX-License-Identifier: Apache-2.0
#include "relay/spool_hop.hpp"

#include "scripted_hop.hpp"
#include "spool_runner_scene.hpp"

#include <functional>
#include <memory>
#include <string>

using namespace postseal;
using namespace postseal::relay;
using namespace postseal::relay::testing;
using namespace std::chrono_literals;

namespace {

// The way of two connections to one next hop, which a reload makes another one.
class way_scene {
  public:
    explicit way_scene(scripted_hop::script first_says, scripted_hop::script other_says = {})
        : first(context, std::move(first_says)), other(context, std::move(other_says)) {
        go_by(first);
    }

    void go_by(const scripted_hop& to) {
        auto next = std::make_shared<settings>();
        next->hostname = "postseal.example.org";
        next->owed.next_hop = to.address();
        next->owed.retry.first = first_rest;
        rules = next;
    }
    void begin_to_reach(spool_connection& over) {
        ++under_way;
        asio::co_spawn(context, way.reach(over),
                       [this](const std::exception_ptr&, bool is_reached) {
                           --under_way;
                           reached += is_reached ? 1 : 0;
                       });
    }
    template<class Condition>
    bool until(Condition is_true) {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        context.restart();
        while (!is_true() && std::chrono::steady_clock::now() < deadline)
            context.run_one_for(20ms);
        return is_true();
    }
    bool reach(spool_connection& over) {
        const int before = reached;
        begin_to_reach(over);
        BOOST_TEST(until([this] { return under_way == 0; }));
        return reached > before;
    }
    // A clock that stands still between two calls is asked for no more than this.
    [[nodiscard]] bool rests_as_after_one_failure() const {
        const auto most = std::chrono::system_clock::now() + rules->owed.retry.first;
        return way.rests() && way.rests_until() <= most;
    }

    asio::io_context context{1};
    scripted_hop first;
    scripted_hop other;
    std::chrono::seconds first_rest = retry_rule{}.first;
    std::shared_ptr<const settings> rules;
    spool_hop way{context.get_executor(), [this] { return rules; }, log_of_all()};
    spool_connection line;
    spool_connection second_line;
    int under_way = 0;
    int reached = 0;
};

std::string refuse(const std::string& line) {
    return line == "greeting" ? "554 5.3.2 Maintenance" : "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(spool_hops)

BOOST_AUTO_TEST_CASE(a_reload_ends_the_rest_that_the_next_hop_of_before_has_earned) {
    way_scene here(refuse);
    BOOST_TEST(!here.reach(here.line));
    BOOST_TEST(here.way.rests());
    BOOST_TEST(!here.reach(here.line));
    BOOST_TEST(here.first.connections == 1);
    here.go_by(here.other);
    BOOST_TEST(!here.way.rests());
    BOOST_TEST(here.reach(here.line));
    BOOST_TEST(here.other.connections == 1);
}

BOOST_AUTO_TEST_CASE(failures_of_the_next_hop_of_before_do_not_count_for_that_of_now) {
    way_scene here(refuse, refuse);
    BOOST_TEST(!here.reach(here.line));
    here.go_by(here.other);
    BOOST_TEST(!here.reach(here.line));
    BOOST_TEST(here.other.connections == 1);
    BOOST_TEST(here.rests_as_after_one_failure());
}

BOOST_AUTO_TEST_CASE(what_was_put_off_for_a_next_hop_is_sent_to_another_one_at_once) {
    runner_scene here(refuse);
    scripted_hop other(here.context);
    here.rules->owed.connections = 1;
    here.rules->owed.retry.first = here.rules->owed.retry.longest = 10min;
    const auto one = put(here.outside, "content\r\n");
    const auto another = put(here.outside, "content\r\n");
    const auto attempts = [&] {
        return here.outside.read(one)->attempts + here.outside.read(another)->attempts;
    };
    auto& runner = here.start();
    BOOST_TEST(here.until([&] { return attempts() == 1; }));
    const auto a_moment_later = std::chrono::steady_clock::now() + 1s;
    BOOST_TEST(here.until([&] { return std::chrono::steady_clock::now() > a_moment_later; }));
    here.rules = std::make_shared<settings>(*here.rules);
    here.rules->owed.next_hop = other.address();
    runner.wake();
    BOOST_TEST(here.until([&] { return other.messages.size() == 1; }));
    BOOST_TEST(here.hop.connections == 1);
}

BOOST_AUTO_TEST_CASE(a_connection_that_was_begun_before_a_reload_is_not_used_after_it) {
    std::function<void()> at_ehlo;
    way_scene here([&](const std::string& line) -> std::string {
        if (line.starts_with("EHLO")) at_ehlo();
        return {};
    });
    at_ehlo = [&] { here.go_by(here.other); };
    BOOST_TEST(here.reach(here.line));
    BOOST_TEST((here.line.by == here.rules));
    BOOST_TEST(here.other.connections == 1);
    BOOST_TEST(here.until([&] { return here.first.open == 0; }));
    BOOST_TEST((here.first.lines.back() == "QUIT"));
}

BOOST_AUTO_TEST_CASE(a_failure_of_settings_that_are_replaced_by_then_is_none) {
    way_scene here([](const std::string&) -> std::string { return "hang"; });
    here.begin_to_reach(here.line);
    BOOST_TEST(here.until([&] { return here.first.open == 1; }));
    here.go_by(here.other);
    here.first.let_go();
    BOOST_TEST(here.until([&] { return here.under_way == 0; }));
    BOOST_TEST(here.reached == 1);
    BOOST_TEST((here.line.by == here.rules));
    BOOST_TEST(!here.way.rests());
}

BOOST_AUTO_TEST_CASE(calls_that_fail_together_are_one_failure) {
    way_scene here([](const std::string&) -> std::string { return "hang"; });
    here.begin_to_reach(here.line);
    here.begin_to_reach(here.second_line);
    BOOST_TEST(here.until([&] { return here.first.open == 2; }));
    here.first.let_go();
    BOOST_TEST(here.until([&] { return here.under_way == 0; }));
    BOOST_TEST(here.reached == 0);
    BOOST_TEST(here.rests_as_after_one_failure());
}

// Else slow failures that overlap would excuse each other, and nothing would ever rest.
BOOST_AUTO_TEST_CASE(a_failure_that_counted_for_nothing_excuses_no_other) {
    int calls = 0;
    way_scene here([&](const std::string& line) -> std::string {
        if (line != "greeting") return {};
        return ++calls == 2 ? "554 5.3.2 Maintenance" : "hang";
    });
    here.first_rest = 1s;
    here.go_by(here.first);
    here.begin_to_reach(here.line);
    BOOST_TEST(here.until([&] { return here.first.open == 1; }));
    here.begin_to_reach(here.second_line);
    BOOST_TEST(here.until([&] { return here.under_way == 1; }));
    BOOST_TEST(here.way.rests());
    BOOST_TEST(here.until([&] { return !here.way.rests(); }));
    here.begin_to_reach(here.second_line);
    BOOST_TEST(here.until([&] { return here.first.open == 2; }));
    here.first.let_go();
    BOOST_TEST(here.until([&] { return here.under_way == 0; }));
    BOOST_TEST(here.way.rests());
}

BOOST_AUTO_TEST_CASE(a_late_failure_says_nothing_once_another_call_has_been_answered) {
    int silent = 1;
    way_scene here([&](const std::string& line) -> std::string {
        return line == "greeting" && silent-- > 0 ? "hang" : "";
    });
    here.begin_to_reach(here.line);
    BOOST_TEST(here.until([&] { return here.first.open == 1; }));
    here.begin_to_reach(here.second_line);
    BOOST_TEST(here.until([&] { return here.reached == 1; }));
    here.first.let_go();
    BOOST_TEST(here.until([&] { return here.under_way == 0; }));
    BOOST_TEST(here.reached == 1);
    BOOST_TEST(!here.way.rests());
}

BOOST_AUTO_TEST_SUITE_END()
