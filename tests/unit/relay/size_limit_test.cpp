// SPDX-License-Identifier: Apache-2.0
#include "relay/size_limit.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace postseal;

namespace {

constexpr auto sealed = policy::treatment::sealed;
constexpr auto cleaned = policy::treatment::cleaned;

struct piece {
    policy::treatment treatment;
    std::vector<std::size_t> recipients;
    std::size_t octets;
};

std::vector<relay::parcel> parcels_of(const std::vector<piece>& pieces) {
    std::vector<relay::parcel> made;
    for (const auto& one : pieces) {
        policy::delivery group;
        group.treatment = one.treatment;
        group.recipients = one.recipients;
        const auto folder = std::filesystem::temp_directory_path();
        made.push_back({group, {std::string(one.octets, 'x'), {}, {folder, 1 << 20}}, 700});
    }
    return made;
}

smtp::extensions taking(std::uint64_t limit) {
    smtp::extensions offered;
    offered.size = true;
    offered.size_limit = limit;
    return offered;
}

std::optional<smtp::reply> refusal(const std::vector<piece>& pieces, std::uint64_t limit) {
    smtp::envelope envelope;
    for (const auto* const name : {"bob", "carol", "dave", "eve", "fay"})
        envelope.recipients.push_back({{name, "example.net"}, {}});
    return relay::size_refusal(envelope, parcels_of(pieces), taking(limit));
}

} // namespace

BOOST_AUTO_TEST_SUITE(size_limits)

BOOST_AUTO_TEST_CASE(a_limit_is_what_still_fits_and_none_takes_everything) {
    BOOST_TEST(relay::is_taken(1000, taking(1000)));
    BOOST_TEST(!relay::is_taken(1001, taking(1000)));
    BOOST_TEST(relay::is_taken(UINT64_MAX, taking(0)));
    BOOST_TEST(relay::is_taken(UINT64_MAX, smtp::extensions()));
}

BOOST_AUTO_TEST_CASE(only_sealed_content_above_the_limit_is_compressed) {
    policy::delivery group;
    group.treatment = sealed;
    BOOST_TEST(relay::may_be_compressed(group, 1001, taking(1000)));
    BOOST_TEST(!relay::may_be_compressed(group, 1000, taking(1000)));
    BOOST_TEST(!relay::may_be_compressed(group, 1001, taking(0)));
    for (const auto clear : {cleaned, policy::treatment::untouched}) {
        group.treatment = clear;
        BOOST_TEST(!relay::may_be_compressed(group, 1001, taking(1000)));
    }
}

BOOST_AUTO_TEST_CASE(sealed_content_above_the_limit_is_refused_with_reason_and_figures) {
    BOOST_TEST(!refusal({{sealed, {0}, 1000}}, 1000));
    BOOST_TEST(!refusal({{sealed, {0}, 5000}}, 0));
    const auto refused = refusal({{sealed, {1}, 1001}}, 1000);
    BOOST_REQUIRE(refused);
    BOOST_TEST(
        smtp::to_log(*refused) ==
        "552 5.3.4 <carol@example.net>: sealing makes this message too large for the mail "
        "server behind this relay / It came with 700 octets, has 1001 octets once it is "
        "sealed, compressed where the keys allow it, and may have 1000 / Nothing was sent to "
        "anybody; send less, or in several messages");
}

BOOST_AUTO_TEST_CASE(clear_content_is_the_next_hops_to_refuse_unless_others_come_before_it) {
    BOOST_TEST(!refusal({{cleaned, {0, 1}, 1001}}, 1000));
    const auto refused = refusal({{sealed, {0}, 900}, {cleaned, {1}, 1001}}, 1000);
    BOOST_REQUIRE(refused);
    BOOST_TEST(refused->lines[0] == "<carol@example.net>: this message is too large for the mail "
                                    "server behind this relay");
    BOOST_TEST(refused->lines[1] == "It has 1001 octets and may have 1000");
}

BOOST_AUTO_TEST_CASE(a_long_list_of_recipients_is_cut) {
    const auto refused = refusal({{sealed, {0, 1, 2, 3, 4}, 1001}}, 1000);
    BOOST_REQUIRE(refused);
    BOOST_REQUIRE(refused->lines.size() == 6U);
    BOOST_TEST(refused->lines[2].starts_with("<dave@example.net>: "));
    BOOST_TEST(refused->lines[3] == "and 2 more recipients");
}

BOOST_AUTO_TEST_SUITE_END()
