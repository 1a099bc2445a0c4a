// SPDX-License-Identifier: Apache-2.0
// What both files say about keys: how long answers are believed, subaddresses, pins, whose key is
// used for others.
#include "config/pins.hpp"
#include "config/settings.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

namespace postseal::config {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(keys_)

namespace {

const std::filesystem::path data = POSTSEAL_TEST_DATA;

} // namespace

BOOST_AUTO_TEST_CASE(lifetimes_and_subaddressing_reach_their_settings) {
    const auto read = load(data / "config/good/everything/postseal.yaml").keys;
    BOOST_CHECK(read.lifetimes.found == 24h * 7);
    BOOST_CHECK(read.lifetimes.absent == 1h);
    BOOST_CHECK(read.lifetimes.temporary == 30s);
    BOOST_TEST(read.subaddressing ==
                   (std::vector<std::string>{"xn--bcher-kva.example", "example.com"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_shipped_example_shows_the_usual_lifetimes) {
    const auto shown = load(data / "../../config/examples/postseal.yaml").keys;
    const keys::lifetimes usual;
    BOOST_CHECK(shown.lifetimes.found == usual.found);
    BOOST_CHECK(shown.lifetimes.absent == usual.absent);
    BOOST_CHECK(shown.lifetimes.temporary == usual.temporary);
    BOOST_TEST(shown.subaddressing.empty());
}

BOOST_AUTO_TEST_CASE(pins_are_by_the_address_that_keys_are_looked_up_by) {
    const auto read = load(data / "config/good/everything/postseal.yaml").relay.policy.pins;
    const policy::pinned_keys expected{
        {"bob@court.example", "0123456789ABCDEF0123456789ABCDEF01234567"},
        {"anna+x@xn--bcher-kva.example", std::string(40, 'F')}};
    BOOST_CHECK(read == expected);
}

BOOST_AUTO_TEST_CASE(pins_are_found_with_their_lines_for_people) {
    const auto read = load(data / "config/good/everything/postseal.yaml");
    const auto pins = find_pins(read.policy.files, read.relay.policy.pins);
    BOOST_TEST_REQUIRE(pins.size() == 2U);
    BOOST_TEST(pins.at("bob@court.example").place == "policy.yaml:27");
    BOOST_TEST(pins.at("anna+x@xn--bcher-kva.example").place == "policy.yaml:28");
    BOOST_TEST(pins.at("anna+x@xn--bcher-kva.example").fingerprint == std::string(40, 'F'));
    BOOST_TEST(find_pins({"there/is/no.yaml"}, {}).empty()); // nor is it read
}

BOOST_AUTO_TEST_CASE(key_of_names_whose_key_is_looked_up_for_whom) {
    const auto rules = load(data / "config/good/everything/postseal.yaml").relay.policy;
    const std::pair<std::string, std::string> table[] = {
        {"sales@court.example", "Clerk+sales@xn--bcher-kva.example"},
        {"x@legal.example.org", "office@court.example"}, // of a list
        {"three@court.example", "office@court.example"},
        {"front-desk@court.example", "desk@court.example"},
        {"office@court.example", "own"},
        {"bob@court.example", "own"}, // who has a pin
        {"x@b.example", "own"},
    };
    for (const auto& [recipient, expected] : table) {
        const auto owner = policy::key_owner(rules, smtp::parse_mailbox(recipient).value());
        BOOST_TEST((owner ? smtp::to_string(*owner) : "own") == expected, recipient);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
