// SPDX-License-Identifier: Apache-2.0
// Sealers come and go, requests wait their turn, and nothing leaks.
#include "faulty_engine.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <system_error>
#include <thread>

namespace postseal::seal::test {

namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

// Many requests at once, and how they ended, in the order of their ends.
struct crowd {
    explicit crowd(faulty_engine& in) : fixture(in) {}

    void ask(std::size_t number) {
        std::vector<keys::certificate> recipients{certificate_of("alice")};
        boost::asio::co_spawn(
            fixture.io, fixture.sealers->encrypt(file_with("x"), std::move(recipients)),
            [this, number](std::exception_ptr, boost::system::result<descriptor> sealed) {
                order.push_back(number);
                errors.push_back(sealed ? error_code() : sealed.error());
            });
    }
    std::size_t count(error_code what) const {
        return static_cast<std::size_t>(std::count(errors.begin(), errors.end(), what));
    }

    faulty_engine& fixture;
    std::vector<std::size_t> order;
    std::vector<error_code> errors;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pool_of_sealers, faulty_engine)

BOOST_AUTO_TEST_CASE(as_many_sealers_run_as_were_asked_for) {
    settings.workers = 3;
    start();
    BOOST_TEST(sealers->process_ids().size() == 3u);
    BOOST_TEST(is_tidy());
}

BOOST_AUTO_TEST_CASE(stopping_leaves_no_process_and_no_file) {
    settings.workers = 2;
    start();
    BOOST_TEST(outcome() == error_code());
    sealers->stop();
    BOOST_TEST(sealers->process_ids().empty());
    BOOST_TEST(children().empty());
    BOOST_TEST(std::filesystem::is_empty(settings.runtime_directory));
    BOOST_TEST(outcome() == errc::no_sealer);
}

BOOST_AUTO_TEST_CASE(stopping_ends_requests_under_way_and_in_line) {
    start();
    behave("echo $$ > $folder/pid; sleep 60");
    crowd requests(*this);
    for (std::size_t i = 0; i < 3; ++i) {
        requests.ask(i);
    }
    BOOST_TEST(note("pid") != "");
    sealers->stop();
    BOOST_TEST(run_until([&] { return requests.errors.size() == 3; }));
    BOOST_TEST(requests.count(errc::no_sealer) == 3u);
    BOOST_TEST(children().empty());
}

BOOST_AUTO_TEST_CASE(a_pool_may_go_before_the_event_loop_runs_again) {
    start();
    behave("echo $$ > $folder/pid; sleep 60");
    crowd requests(*this);
    requests.ask(0);
    requests.ask(1);
    BOOST_TEST(note("pid") != "");
    sealers.reset();
    BOOST_TEST(children().empty());
    BOOST_TEST(run_until([&] { return requests.errors.size() == 2; }));
}

BOOST_AUTO_TEST_CASE(a_killed_sealer_is_replaced) {
    start();
    const auto first = sealers->process_ids().at(0);
    BOOST_REQUIRE(::kill(first, SIGKILL) == 0);
    BOOST_TEST(run_until([&] {
        const auto now = sealers->process_ids();
        return now.size() == 1 && now[0] != first;
    }));
    BOOST_TEST(outcome() == error_code());
    BOOST_TEST(is_tidy());
    const std::filesystem::directory_iterator homes(settings.runtime_directory);
    BOOST_TEST(std::distance(homes, std::filesystem::directory_iterator()) == 1);
}

BOOST_AUTO_TEST_CASE(a_sealer_killed_at_work_fails_its_request_only) {
    start();
    behave("echo $$ > $folder/new; mv $folder/new $folder/pid; exec sleep 60");
    int engine = -1;
    const auto ended = outcome_while([&](int pid) {
        engine = pid;
        behave_well();
        BOOST_TEST(::kill(sealers->process_ids().at(0), SIGKILL) == 0);
    });
    BOOST_TEST(ended == errc::sealer_died);
    BOOST_TEST(outcome() == error_code());
    BOOST_TEST(is_tidy());
    BOOST_TEST(!std::filesystem::exists("/proc/" + std::to_string(engine)));
}

BOOST_AUTO_TEST_CASE(a_stopped_sealer_runs_into_the_deadline) {
    settings.deadline = 3s;
    start();
    const auto first = sealers->process_ids().at(0);
    BOOST_REQUIRE(::kill(first, SIGSTOP) == 0);
    BOOST_TEST(outcome() == errc::timed_out);
    BOOST_TEST(outcome() == error_code());
    BOOST_TEST(is_tidy());
}

BOOST_AUTO_TEST_CASE(nonsense_for_an_answer_ends_the_sealer) {
    // It says that it is ready, and answers with the same packet cut by an octet.
    const auto script = folder.path() / "sealer";
    write_program(script, "#!/usr/bin/python3 -I\n"
                          "import socket\n"
                          "relay = socket.socket(fileno=3)\n"
                          "ready = bytes(9 * 8)\n"
                          "relay.send(ready)\n"
                          "relay.recv(65536)\n"
                          "relay.send(ready[1:])\n"
                          "relay.recv(65536)\n");
    settings.sealer = script;
    start();
    const auto first = sealers->process_ids().at(0);
    BOOST_TEST(outcome() == errc::sealer_died);
    BOOST_TEST(run_until([&] { return sealers->process_ids() != std::vector<int>{first}; }));
}

BOOST_AUTO_TEST_CASE(an_answer_that_nobody_asked_for_is_not_given_to_the_next) {
    // It answers every request twice: "A…", then "B…".
    const auto script = folder.path() / "sealer";
    const auto twice = folder.path() / "twice";
    write_program(script, "#!/usr/bin/python3 -I\n"
                          "import socket, struct\n"
                          "relay = socket.socket(fileno=3)\n"
                          "def answer(octet):\n"
                          "    return struct.pack('>QQ', 0, 40) + octet * 40 + bytes(7 * 8)\n"
                          "relay.send(bytes(9 * 8))\n"
                          "while relay.recv(65536):\n"
                          "    relay.send(answer(b'A'))\n"
                          "    relay.send(answer(b'B'))\n"
                          "    open('" +
                              twice.string() + "', 'w')\n");
    settings.sealer = script;
    start();
    for (int round = 0; round < 2; ++round) {
        const auto seen = inspect("alice");
        BOOST_REQUIRE(seen);
        BOOST_TEST(seen->fingerprint == std::string(40, 'A'));
        BOOST_REQUIRE(run_until([&] { return std::filesystem::exists(twice); }));
        std::filesystem::remove(twice);
    }
}

BOOST_AUTO_TEST_CASE(requests_are_served_in_the_order_of_their_coming) {
    start();
    crowd requests(*this);
    for (std::size_t i = 0; i < 20; ++i) {
        requests.ask(i);
    }
    BOOST_TEST(run_until([&] { return requests.order.size() == 20; }));
    BOOST_TEST(requests.count(error_code()) == 20u);
    BOOST_TEST(std::is_sorted(requests.order.begin(), requests.order.end()));
}

BOOST_AUTO_TEST_CASE(the_deadline_covers_waiting_and_working) {
    settings.deadline = 3s;
    start();
    behave("sleep 60");
    crowd requests(*this);
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < 3; ++i) {
        requests.ask(i);
    }
    BOOST_TEST(run_until([&] { return requests.errors.size() == 3; }));
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 8s));
    BOOST_TEST(requests.errors.front() == errc::timed_out);
    behave_well();
    BOOST_TEST(is_tidy());
    BOOST_TEST(outcome() == error_code());
}

BOOST_AUTO_TEST_CASE(requests_that_are_late_at_the_same_time_are_all_late) {
    settings.deadline = 300ms;
    start();
    behave("sleep 60");
    crowd requests(*this);
    for (std::size_t i = 0; i < 3; ++i) {
        requests.ask(i);
    }
    io.restart();
    io.poll(); // they wait, and all their deadlines pass while nothing runs
    std::this_thread::sleep_for(600ms);
    BOOST_TEST(run_until([&] { return requests.errors.size() == 3; }));
    BOOST_TEST(requests.count(errc::timed_out) == 3u);
}

BOOST_AUTO_TEST_CASE(the_line_is_bounded) {
    settings.max_waiting = 2;
    start();
    crowd requests(*this);
    for (std::size_t i = 0; i < 5; ++i) {
        requests.ask(i);
    }
    BOOST_TEST(run_until([&] { return requests.errors.size() == 5; }));
    BOOST_TEST(requests.count(error_code()) == 3u);
    BOOST_TEST(requests.count(errc::no_sealer) == 2u);
}

BOOST_AUTO_TEST_CASE(a_sealer_that_cannot_start_is_said_at_once) {
    settings.sealer = folder.path() / "missing";
    BOOST_CHECK_THROW(start(), std::system_error);
    settings.sealer = "/bin/false";
    BOOST_CHECK_THROW(start(), std::system_error);
    BOOST_TEST(children().empty());
    BOOST_TEST(std::filesystem::is_empty(settings.runtime_directory));
}

BOOST_AUTO_TEST_CASE(sealers_that_die_at_once_are_not_started_in_a_busy_loop) {
    const auto script = folder.path() / "sealer";
    const auto starts = folder.path() / "starts";
    const auto count = "#!/bin/sh\necho >> " + starts.string() + "\n";
    write_program(script, count + "exec " + settings.sealer.string() + " \"$@\"\n");
    settings.sealer = script;
    settings.deadline = 3s;
    start();
    write_program(script, count + "exit 1\n");
    BOOST_REQUIRE(::kill(sealers->process_ids().at(0), SIGKILL) == 0);
    const auto limit = std::chrono::steady_clock::now() + 1500ms;
    BOOST_TEST(run_until(
        [&] { return std::chrono::steady_clock::now() > limit && read_file(starts).size() >= 3; }));
    BOOST_TEST(read_file(starts).size() <= 8u);
    BOOST_TEST(outcome() == errc::no_sealer);

    settings.sealer = POSTSEAL_SEALER;
    write_program(script, "#!/bin/sh\nexec " + settings.sealer.string() + " \"$@\"\n");
    BOOST_TEST(is_tidy());
    BOOST_TEST(run_until([&] { return outcome() == error_code(); }));
}

BOOST_AUTO_TEST_CASE(two_hundred_requests_leak_no_descriptor_and_no_process) {
    settings.gpg = "/usr/bin/gpg";
    settings.workers = 2;
    settings.deadline = 200s; // from the first to the last: each waits for those before it
    start();
    BOOST_TEST(outcome() == error_code());
    const auto before = open_descriptors();
    crowd requests(*this);
    for (std::size_t i = 0; i < 200; ++i) {
        requests.ask(i);
    }
    const auto limit = std::chrono::steady_clock::now() + 200s;
    while (requests.errors.size() < 200 && std::chrono::steady_clock::now() < limit) {
        (void)run_until([&] { return requests.errors.size() == 200; });
    }
    BOOST_TEST(requests.count(error_code()) == 200u);
    BOOST_TEST(open_descriptors() == before);
    BOOST_TEST(is_tidy());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::seal::test
