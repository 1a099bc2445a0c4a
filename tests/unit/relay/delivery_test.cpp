// SPDX-License-Identifier: Apache-2.0
#include "relay/delivery.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace postseal;

namespace {

smtp::envelope envelope_of(std::size_t recipients, std::vector<smtp::parameter> parameters) {
    smtp::envelope made;
    made.sender = smtp::mailbox{"anna", "example.org"};
    made.parameters = std::move(parameters);
    for (std::size_t i = 0; i < recipients; ++i) {
        made.recipients.push_back({{"r" + std::to_string(i), "example.net"}, {}});
    }
    return made;
}

relay::parcel parcel_of(policy::treatment treatment, std::vector<std::size_t> recipients,
                        std::size_t octets, std::uint64_t came = 0) {
    policy::delivery group;
    group.treatment = treatment;
    group.recipients = std::move(recipients);
    return {group,
            {std::string(octets, 'x'), {}, {std::filesystem::temp_directory_path(), 1 << 20}},
            came,
            false,
            {}};
}

std::vector<relay::parcel> one(relay::parcel only) {
    std::vector<relay::parcel> all;
    all.push_back(std::move(only));
    return all;
}

smtp::extensions sizes_up_to(std::uint64_t limit) {
    smtp::extensions offered;
    offered.size = true;
    offered.size_limit = limit;
    return offered;
}

} // namespace

BOOST_AUTO_TEST_SUITE(deliveries)

BOOST_AUTO_TEST_CASE(the_true_size_is_declared_where_the_next_hop_wants_one) {
    const std::vector<smtp::parameter> given{{"SIZE", "100"}, {"ENVID", "abc"}};
    smtp::extensions offered;
    offered.dsn = true;
    const std::vector<smtp::parameter> without{{"ENVID", "abc"}};
    using lines = relay::content_lines;
    BOOST_TEST((relay::parameters_for(given, lines::seven_bit, 140, offered) == without));
    offered.size = true;
    const std::vector<smtp::parameter> with{{"ENVID", "abc"}, {"SIZE", "140"}};
    BOOST_TEST((relay::parameters_for(given, lines::seven_bit, 140, offered) == with));
}

BOOST_AUTO_TEST_CASE(what_is_for_the_spool_is_never_handed_over) {
    const auto envelope = envelope_of(1, {});
    auto held = one(parcel_of(policy::treatment::held, {0}, 10));
    auto archived = one(parcel_of(policy::treatment::untouched, {}, 10));
    archived.front().group.archive = smtp::mailbox{"archive", "example.org"};
    for (auto* const parcels : {&held, &archived}) {
        BOOST_TEST(relay::is_to_be_kept(parcels->front().group));
        BOOST_TEST(!relay::fits_mirrored(envelope, *parcels, {}));
        const std::vector<smtp::parameter> xforward;
        BOOST_CHECK_THROW(
            (void)relay::transaction_for({envelope, xforward, {}}, parcels->front(), {}),
            std::logic_error);
    }
    BOOST_TEST(!relay::is_to_be_kept(parcel_of(policy::treatment::sealed, {0}, 10).group));
}

BOOST_AUTO_TEST_CASE(a_transaction_is_for_those_of_its_parcel_and_says_what_is_true_of_it) {
    auto envelope = envelope_of(3, {{"BODY", "8BITMIME"}, {"AUTH", "<>"}});
    envelope.recipients[2].parameters.push_back({"NOTIFY", "NEVER"});
    const std::vector<smtp::parameter> xforward{{"NAME", "client.example.org"}};
    smtp::extensions offered;
    offered.eight_bit_mime = true;
    offered.auth = true;
    auto sealed = parcel_of(policy::treatment::sealed, {0, 2}, 10);
    const auto made = relay::transaction_for({envelope, xforward, {}}, sealed, offered);
    BOOST_TEST(made.parameters.empty()); // 7 bit, and nobody vouches
    BOOST_TEST((made.sender == envelope.sender));
    BOOST_TEST((made.xforward == xforward));
    BOOST_TEST_REQUIRE(made.recipients.size() == 2U);
    BOOST_TEST((made.recipients[0] == envelope.recipients[0]));
    BOOST_TEST((made.recipients[1] == envelope.recipients[2]));
    auto clear = parcel_of(policy::treatment::cleaned, {1}, 10);
    const auto other = relay::transaction_for({envelope, xforward, {}}, clear, offered);
    BOOST_TEST(other.parameters.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_the_next_hop_does_not_understand_is_not_said) {
    const auto envelope = envelope_of(1, {{"ENVID", "abc"}});
    auto sent = parcel_of(policy::treatment::cleaned, {0}, 10);
    const std::vector<smtp::parameter> none;
    BOOST_TEST(relay::transaction_for({envelope, none, {}}, sent, {}).parameters.empty());
}

BOOST_AUTO_TEST_CASE(one_delivery_to_everybody_goes_on_in_the_mirrored_transaction) {
    const auto envelope = envelope_of(2, {{"SIZE", "100"}});
    const auto all = one(parcel_of(policy::treatment::untouched, {0, 1}, 100));
    BOOST_TEST(relay::fits_mirrored(envelope, all, sizes_up_to(0)));
}

BOOST_AUTO_TEST_CASE(a_message_that_has_grown_beyond_its_figure_is_announced_anew) {
    const auto of_size = [](std::size_t octets) {
        return one(parcel_of(policy::treatment::sealed, {0, 1}, octets, 90));
    };
    const auto envelope = envelope_of(2, {{"SIZE", "100"}});
    BOOST_TEST(relay::fits_mirrored(envelope, of_size(100), sizes_up_to(0)));
    BOOST_TEST(!relay::fits_mirrored(envelope, of_size(101), sizes_up_to(0)));
    // Nothing was announced, or nobody wants to know.
    BOOST_TEST(relay::fits_mirrored(envelope_of(2, {}), of_size(101), sizes_up_to(0)));
    BOOST_TEST(relay::fits_mirrored(envelope, of_size(101), smtp::extensions()));
}

BOOST_AUTO_TEST_CASE(what_the_client_itself_has_understated_is_left_so) {
    const auto envelope = envelope_of(2, {{"SIZE", "100"}});
    const auto as_it_came = one(parcel_of(policy::treatment::untouched, {0, 1}, 500, 500));
    const auto cleaned = one(parcel_of(policy::treatment::cleaned, {0, 1}, 450, 500));
    const auto grown = one(parcel_of(policy::treatment::cleaned, {0, 1}, 501, 500));
    BOOST_TEST(relay::fits_mirrored(envelope, as_it_came, sizes_up_to(400)));
    BOOST_TEST(relay::fits_mirrored(envelope, cleaned, sizes_up_to(0)));
    BOOST_TEST(!relay::fits_mirrored(envelope, grown, sizes_up_to(0)));
}

BOOST_AUTO_TEST_CASE(a_part_of_the_recipients_needs_a_transaction_of_its_own) {
    const auto envelope = envelope_of(2, {});
    const auto some = one(parcel_of(policy::treatment::sealed, {1}, 10));
    BOOST_TEST(!relay::fits_mirrored(envelope, some, sizes_up_to(0)));
    auto both = one(parcel_of(policy::treatment::sealed, {1}, 10));
    both.push_back(parcel_of(policy::treatment::cleaned, {0}, 10));
    BOOST_TEST(!relay::fits_mirrored(envelope, both, sizes_up_to(0)));
}

BOOST_AUTO_TEST_SUITE_END()
