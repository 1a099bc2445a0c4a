// SPDX-License-Identifier: Apache-2.0
// `spool:` in whole files. Its mistakes are in tests/data/config/bad, as all others.
#include "config/settings.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>

namespace postseal::config {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(spool_)

namespace {

const std::filesystem::path data = std::filesystem::path{POSTSEAL_TEST_DATA} / "config";

} // namespace

BOOST_AUTO_TEST_CASE(every_key_of_the_spool_reaches_its_setting) {
    const auto read = load(data / "good/everything/postseal.yaml").relay;
    BOOST_TEST(read.spool == data / "good/everything/state/spool");
    const auto& owed = read.owed;
    BOOST_TEST(owed.next_hop.address.host == "mta.example.org");
    BOOST_TEST(owed.next_hop.address.port == 10026);
    BOOST_CHECK(owed.next_hop.tls == relay::hop_tls::opportunistic);
    BOOST_CHECK(owed.retry.lifetime == 120h);
    BOOST_CHECK(owed.retry.delay_notice == 1h);
    BOOST_CHECK(owed.retry.first == 30s);
    BOOST_CHECK(owed.retry.longest == 2h);
    BOOST_TEST(owed.quota.octets == 2ULL << 30);
    BOOST_TEST(owed.quota.entries == 500U);
    BOOST_TEST(owed.connections == 3U);
    BOOST_TEST(owed.blind_at_once == 4);
}

BOOST_AUTO_TEST_CASE(owed_mail_goes_where_the_first_filters_mail_goes) {
    const auto minimal = load(data / "good/minimal/postseal.yaml").relay;
    BOOST_TEST(minimal.owed.next_hop.address.port == 10026);
    // Two fronts stand before this filter, and their mail servers want a login.
    const auto behind_fronts = load(data / "good/front/postseal.yaml").relay;
    BOOST_TEST(behind_fronts.owed.next_hop.address.host ==
               behind_fronts.listeners[2].next_hop.address.host);
    BOOST_TEST(behind_fronts.owed.next_hop.address.port == 10026);
}

BOOST_AUTO_TEST_CASE(reports_come_from_the_postmaster_of_the_first_domain) {
    const auto usual = load(data / "good/minimal/postseal.yaml").relay.postmaster;
    BOOST_TEST(smtp::to_string(usual) == "postmaster@example.org");
    const auto named = load(data / "good/everything/postseal.yaml").relay.postmaster;
    BOOST_TEST(smtp::to_string(named) == "postmaster@mail.example.org");
}

BOOST_AUTO_TEST_CASE(the_example_shows_the_defaults_of_the_spool) {
    const auto read =
        load(std::filesystem::path{POSTSEAL_TEST_DATA} / "../../config/examples/postseal.yaml")
            .relay.owed;
    const relay::spool_settings built_in;
    BOOST_CHECK(read.retry.lifetime == built_in.retry.lifetime);
    BOOST_CHECK(read.retry.delay_notice == built_in.retry.delay_notice);
    BOOST_CHECK(read.retry.first == built_in.retry.first);
    BOOST_CHECK(read.retry.longest == built_in.retry.longest);
    BOOST_TEST(read.quota.octets == built_in.quota.octets);
    BOOST_TEST(read.quota.entries == built_in.quota.entries);
    BOOST_TEST(read.connections == built_in.connections);
    BOOST_TEST(read.blind_at_once == built_in.blind_at_once);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
