// SPDX-License-Identifier: Apache-2.0
#include "relay/split_delivery.hpp"

#include "keys/finder.hpp"
#include "scripted_hop.hpp"
#include "seal/pool.hpp"
#include "spool_scene.hpp"

#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>

using namespace postseal;
using namespace postseal::relay;
using namespace postseal::relay::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view body = "Hello\r\n";

// A mail of as many deliveries as it has recipients, r0 first.
class scene {
  public:
    explicit scene(scripted_hop::script says) : hop(context, std::move(says)) {}
    scene(const scene&) = delete;
    scene& operator=(const scene&) = delete;
    ~scene() { disk.join(); }

    smtp::reply deliver(std::size_t recipients, next_hop::question client_waits) {
        smtp::envelope envelope;
        envelope.sender = smtp::mailbox{"anna", "example.org"};
        std::vector<parcel> parcels;
        for (std::size_t i = 0; i < recipients; ++i) {
            envelope.recipients.push_back({{"r" + std::to_string(i), "example.net"}, {}});
            policy::delivery group;
            group.recipients = {i};
            parcels.push_back(
                {group, {"Subject: x\r\n\r\n", body, {where.path, 1 << 20}}, 0, false, {}});
        }
        std::optional<smtp::reply> answer;
        auto running = run(envelope, parcels, std::move(client_waits));
        asio::co_spawn(context, std::move(running),
                       [&answer](const std::exception_ptr& thrown, smtp::reply said) {
                           if (thrown) std::rethrow_exception(thrown);
                           answer = std::move(said);
                       });
        while (!answer)
            context.run_one();
        return *answer;
    }

    [[nodiscard]] std::vector<std::string> served() const {
        std::vector<std::string> found;
        for (const auto& line : hop.lines)
            if (line.starts_with("RCPT TO:<r")) found.push_back(line.substr(9, 2));
        return found;
    }

    private_folder where;
    spool owed{where.path, {}};
    asio::thread_pool disk{1};
    asio::io_context context{1};
    scripted_hop hop;
    keys::finder finder{context.get_executor(), {}, nullptr, {}, {}, {}};
    seal::pool sealers{context.get_executor(), {}};
    services with{house(), finder, sealers, log_of_all(), {}, owed, disk.get_executor(), [] {}};

  private:
    static std::shared_ptr<const settings> house() {
        settings made;
        made.hostname = "relay.example.org";
        made.postmaster = {"postmaster", "example.org"};
        made.policy.local_domains = {"example.org"};
        return std::make_shared<const settings>(std::move(made));
    }

    asio::awaitable<smtp::reply> run(const smtp::envelope& envelope, std::vector<parcel>& parcels,
                                     next_hop::question client_waits) {
        next_hop to(context.get_executor(), hop.address());
        auto greeting = to.greet(next_hop::greeting::ehlo, "relay.example.org");
        (void)co_await std::move(greeting);
        const std::vector<smtp::parameter> xforward;
        const client_patience within(std::chrono::steady_clock::now(), 90s);
        mirrored from{envelope, xforward, std::move(client_waits)};
        split_delivery splitting(with, with.current, {"BCDF23456789bcdf", envelope, {}}, within,
                                 std::move(from), to, parcels);
        auto running = splitting.run();
        co_return co_await std::move(running);
    }
};

bool always() { return true; }

// The reply to a recipient, and something that happens before it is given.
scripted_hop::script at_recipient(
    std::string name, std::string reply, std::function<void()> before = [] {}) {
    return [=](const std::string& line) {
        if (!line.starts_with("RCPT TO:<" + name)) return std::string();
        before();
        return reply;
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(split_deliveries)

BOOST_AUTO_TEST_CASE(the_answer_is_that_to_the_first_and_nothing_is_owed) {
    scene here([](const std::string& line) { return line == "." ? "250 Queued" : ""; });
    BOOST_TEST(smtp::to_log(here.deliver(3, always)) == "250 Queued");
    BOOST_TEST(here.hop.messages.size() == 3U);
    BOOST_TEST(here.where.files().empty());
}

// A client may close its side of the connection and still read (RFC 9293 §3.6): one that hears 250
// for what was sent to some forgets the others.
BOOST_AUTO_TEST_CASE(who_has_closed_its_side_is_promised_nothing_that_is_not_done) {
    scene here({});
    const auto& taken = here.hop.messages;
    const auto answer = here.deliver(3, [&taken] { return taken.empty(); });
    BOOST_TEST(here.hop.messages.size() == 1U);
    BOOST_TEST(here.where.files().empty());
    BOOST_TEST(answer.transient_failure());
}

// It sends everything again, and what lies in the spool would come twice.
BOOST_AUTO_TEST_CASE(nothing_is_owed_for_a_client_that_went_during_a_later_delivery) {
    for (const std::string last : {"r1", "r2"}) {
        bool waits = true;
        scene here([&](const std::string& line) -> std::string {
            if (line.starts_with("RCPT TO:<" + last)) waits = false;
            return line.starts_with("RCPT TO:<r0") ? "" : at_recipient("r", "451 Not now")(line);
        });
        const auto answer = here.deliver(4, [&waits] { return waits; });
        BOOST_TEST(here.where.files().empty());
        BOOST_TEST(here.served().back() == last);
        BOOST_TEST(answer.transient_failure());
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_taken_is_owed_while_the_client_waits) {
    scene here(at_recipient("r1", "451 4.3.0 Not now"));
    BOOST_TEST(here.deliver(3, always).positive());
    BOOST_TEST(here.where.files().size() == 2U); // of one entry
    BOOST_TEST(here.hop.messages.size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_kept_is_not_promised) {
    std::filesystem::path folder;
    scene here(at_recipient("r1", "451 4.3.0 Not now",
                            [&folder] { std::filesystem::remove_all(folder); }));
    folder = here.where.owed();
    BOOST_TEST(here.deliver(4, always).transient_failure());
}

BOOST_AUTO_TEST_CASE(copies_of_one_message_that_the_spool_never_has_room_for_are_refused_for_good) {
    scene here({});
    here.owed.limit({.octets = 30}); // of two, one of which is the client's until it is taken
    BOOST_TEST(here.deliver(3, always).code == 552);
    BOOST_TEST(here.hop.messages.empty());
    BOOST_TEST(here.deliver(2, always).positive());
}

// A stop waits for the answer to this client, but not for servers that the spool can ask as well.
BOOST_AUTO_TEST_CASE(nothing_is_begun_that_can_wait_while_the_program_stops) {
    services* with = nullptr;
    scene here([&with](const std::string& line) {
        if (line == ".") with->stopping = true;
        return std::string();
    });
    with = &here.with;
    BOOST_TEST(here.deliver(3, always).positive());
    BOOST_TEST(here.hop.messages.size() == 1U);
    BOOST_TEST(here.where.files().size() == 4U); // of two entries
}

BOOST_AUTO_TEST_SUITE_END()
