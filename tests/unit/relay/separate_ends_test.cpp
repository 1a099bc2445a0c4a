// SPDX-License-Identifier: Apache-2.0
// Deliveries with a reply for each recipient, where one of several comes to grief.
#include "relay/delivery.hpp"

#include "file_limit.hpp"
#include "scripted_hop.hpp"
#include "spool_scene.hpp"

#include <optional>

using namespace postseal;
using namespace postseal::relay;
using namespace postseal::relay::testing;

namespace {

// A mail of as many deliveries as it has recipients, r0 first.
class scene {
  public:
    explicit scene(scripted_hop::script says = {}, std::size_t recipients = 3)
        : hop(context, std::move(says)) {
        envelope.sender = smtp::mailbox{"anna", "example.org"};
        for (std::size_t i = 0; i < recipients; ++i) {
            envelope.recipients.push_back({{"r" + std::to_string(i), "example.net"}, {}});
            policy::delivery group;
            group.recipients = {i};
            parcels.push_back({group, {{}, {}, {where.path, 0}}, 0, false, {}});
            parcels.back().content.sealed.append("Subject: x\r\n\r\nHello\r\n");
        }
    }

    separate_ends deliver() {
        std::optional<separate_ends> ends;
        asio::co_spawn(context, run(),
                       [&ends](const std::exception_ptr& thrown, separate_ends made) {
                           if (thrown) std::rethrow_exception(thrown);
                           ends = std::move(made);
                       });
        while (!ends)
            context.run_one();
        return *ends;
    }

    const private_folder where;
    asio::io_context context{1};
    scripted_hop hop;
    smtp::envelope envelope;
    std::vector<parcel> parcels;

  private:
    asio::awaitable<separate_ends> run() {
        next_hop to(context.get_executor(), hop.address());
        auto greeting = to.greet(next_hop::greeting::ehlo, "relay.example.org");
        (void)co_await std::move(greeting);
        const std::vector<smtp::parameter> xforward;
        mirrored from{envelope, xforward, [] { return true; }};
        auto delivering = deliver_each(to, std::move(from), parcels);
        co_return co_await std::move(delivering);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(separate_deliveries)

BOOST_AUTO_TEST_CASE(a_file_that_fails_is_told_to_those_alone_whose_copy_it_is) {
    scene here;
    for (const std::size_t whole : {0, 2})
        (void)here.parcels[whole].content.sealed.view(); // on the disk by now
    const file_limit tight(1);
    const auto ends = here.deliver();
    BOOST_TEST(ends.replies[0].code == 250);
    BOOST_TEST(ends.replies[1].code == 452);
    BOOST_TEST(ends.replies[2].code == 250);
    BOOST_TEST(!ends.failed.empty());
    BOOST_TEST(here.hop.messages.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_lost_with_a_message_under_way_is_told_of) {
    for (const std::size_t recipients : {1, 3}) { // as it was mirrored, and anew
        int ends_of_data = 0;
        scene here(
            [&](const std::string& line) -> std::string {
                return line == "." && ++ends_of_data == 1 ? "drop" : "";
            },
            recipients);
        const auto ends = here.deliver();
        BOOST_TEST(ends.lost_in_message);
        BOOST_TEST(ends.replies[0].code == 451);
        BOOST_TEST(ends.failed.empty());
    }
    scene refused([](const std::string& line) -> std::string {
        return line.starts_with("RCPT") ? "drop" : "";
    });
    BOOST_TEST(!refused.deliver().lost_in_message);
}

BOOST_AUTO_TEST_SUITE_END()
