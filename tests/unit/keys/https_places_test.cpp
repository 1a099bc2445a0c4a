// SPDX-License-Identifier: Apache-2.0
// Many servers that never answer, and who else is served meanwhile: by order, never by time.
#include "keys/https_worker.hpp"
#include "keys/name_lookup.hpp"
#include "tests/unit/keys/scripted_resolver.hpp"
#include "tests/unit/keys/tls_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <deque>

namespace asio = boost::asio;
namespace smtp = postseal::smtp;
using asio::ip::tcp;
using namespace postseal::keys;
using namespace std::chrono_literals;

namespace {

/// Connections are made, and nobody says anything.
class silent_server {
  public:
    silent_server() { acceptor_.listen(4096); }
    [[nodiscard]] std::string port() const {
        return std::to_string(acceptor_.local_endpoint().port());
    }

  private:
    asio::io_context context_;
    tcp::acceptor acceptor_{context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0), false};
};

class limit_of_files {
  public:
    explicit limit_of_files(rlim_t soft) {
        getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit wanted{std::min(soft, before_.rlim_max), before_.rlim_max};
        setrlimit(RLIMIT_NOFILE, &wanted);
    }
    ~limit_of_files() { setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

/// A client for "https://fast.example.org/key", with every other host silent, and the answers in
/// the order in which they come.
struct crowd {
    test::tls_server fast{"fast.example.org"};
    silent_server silent;
    std::unique_ptr<https_client> client = std::make_unique<https_client>(settings());
    std::string port; // of all URLs, where it is not the usual one
    asio::io_context context;
    std::vector<std::pair<std::string, https_answer>> heard; // host, answer

    https_client_settings settings() {
        https_client_settings made;
        made.allow_networks = {*smtp::parse_ip_network("127.0.0.0/8")};
        made.resolve = {
            *parse_fixed_address("fast.example.org:443:127.0.0.1:" + std::to_string(fast.port())),
            *parse_fixed_address("*:443:127.0.0.1:" + silent.port())};
        made.ca_file = fast.ca_file();
        made.connect_timeout = 60s;
        return made;
    }

    /// Where name servers have to be asked for all others.
    https_client_settings settings_without_others() {
        auto made = settings();
        made.resolve.pop_back();
        return made;
    }

    void begin(const std::string& host, std::chrono::milliseconds timeout,
               chosen_by chosen = chosen_by::correspondent) {
        https_request request;
        request.url = "https://" + host + port + "/key";
        request.timeout = timeout;
        request.chosen = chosen;
        asio::co_spawn(context, ask(host, std::move(request)), asio::detached);
    }
    asio::awaitable<void> ask(std::string host, https_request request) {
        auto asked = client->get(std::move(request));
        auto answer = co_await std::move(asked);
        heard.emplace_back(std::move(host), std::move(answer));
    }
    void begin_slow_ones(int count, std::chrono::milliseconds timeout,
                         chosen_by chosen = chosen_by::correspondent) {
        for (int number = 0; number < count; ++number)
            begin("slow" + std::to_string(number) + ".example.net", timeout, chosen);
        context.poll();
    }
    https_answer wait_for(const std::string& host) {
        context.restart();
        for (;;) {
            for (const auto& [from, answer] : heard)
                if (from == host) return answer;
            if (context.run_one() == 0) throw std::runtime_error("nobody asks " + host);
        }
    }
    [[nodiscard]] auto count(https_status status) const {
        return std::count_if(heard.begin(), heard.end(),
                             [&](const auto& one) { return one.second.status == status; });
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(https_places_test)

BOOST_AUTO_TEST_CASE(there_are_as_many_places_as_the_limit_of_open_files_has_room_for) {
    BOOST_TEST(transfers_within(0) == 64u);
    BOOST_TEST(transfers_within(1024) == 64u);
    BOOST_TEST(transfers_within(4096) == 256u);
    BOOST_TEST(transfers_within(65536) == 512u);
    BOOST_TEST(transfers_within(RLIM_INFINITY) == 512u);
}

BOOST_AUTO_TEST_CASE(three_hundred_silent_domains_keep_nobody_waiting) {
    const limit_of_files enough(65536);
    crowd all;
    all.begin_slow_ones(300, 60s);
    all.begin("fast.example.org", 60s);
    const auto answer = all.wait_for("fast.example.org");
    BOOST_TEST(answer.body == "a key", answer.detail);
    BOOST_TEST(all.heard.size() == 1u, "somebody slow has ended before");
}

BOOST_AUTO_TEST_CASE(three_hundred_silent_name_servers_keep_nobody_waiting) {
    const limit_of_files enough(65536);
    test::scripted_resolver names;
    names.hang("example.net");
    names.say("fast.example.org", {{"127.0.0.1"}});
    crowd all;
    auto settings = all.settings();
    settings.resolve.clear();
    all.client = std::make_unique<https_client>(settings);
    all.port = ':' + std::to_string(all.fast.port());
    all.begin_slow_ones(300, 60s);
    all.begin("fast.example.org", 60s);
    const auto answer = all.wait_for("fast.example.org");
    BOOST_TEST(answer.body == "a key", answer.detail);
    BOOST_TEST(all.heard.size() == 1u, "somebody slow has ended before");
}

BOOST_AUTO_TEST_CASE(threads_that_wait_for_name_servers_are_counted_also_when_nobody_waits) {
    test::scripted_resolver names;
    names.hang("example.net");
    for (int number = 0; number < name_lookup::most_at_once; ++number)
        name_lookup("slow" + std::to_string(number) + ".example.net", [] {});
    BOOST_TEST(!name_lookup::has_room());
    crowd all;
    all.client = std::make_unique<https_client>(all.settings_without_others());
    all.begin("other.example.net", 100ms);
    const auto other = all.wait_for("other.example.net");
    BOOST_TEST((other.status == https_status::not_asked));
    // Who needs no name servers does not wait for them.
    all.begin("fast.example.org", 60s);
    BOOST_TEST(all.wait_for("fast.example.org").body == "a key");
}

BOOST_AUTO_TEST_CASE(a_slow_one_gives_its_place_to_somebody_who_waits) {
    const limit_of_files few(1024);
    crowd all;
    all.begin_slow_ones(100, 6s);
    all.begin("fast.example.org", 60s);
    const auto answer = all.wait_for("fast.example.org");
    BOOST_TEST(answer.body == "a key", answer.detail);
    BOOST_TEST(all.count(https_status::not_asked) > 0);
    BOOST_TEST(all.count(https_status::not_asked) <= 37, "no more than the others need");
    BOOST_TEST(all.count(https_status::timed_out) == 0, "nobody's time was over");
}

BOOST_AUTO_TEST_CASE(time_that_was_spent_on_waiting_is_no_evidence) {
    const limit_of_files few(1024);
    crowd all;
    all.begin_slow_ones(64, 4s);
    all.begin("late.example.net", 1200ms); // gets its place after a second
    BOOST_TEST((all.wait_for("late.example.net").status == https_status::not_asked));
}

BOOST_AUTO_TEST_CASE(servers_that_the_administrator_has_named_keep_their_places) {
    const limit_of_files few(1024);
    crowd all;
    all.begin_slow_ones(64, 2s, chosen_by::administrator);
    all.begin("fast.example.org", 1s);
    const auto answer = all.wait_for("fast.example.org");
    BOOST_TEST((answer.status == https_status::not_asked));
    BOOST_TEST(answer.detail == "no place was free in time");
    all.context.run();
    BOOST_TEST(all.count(https_status::timed_out) == 64);
}

BOOST_AUTO_TEST_SUITE_END()
