// SPDX-License-Identifier: Apache-2.0
// The mistakes of several files have their folders in tests/data/config/bad.
#include "config/policy_file.hpp"

#include "config/pins.hpp"
#include "config/settings.hpp"
#include "policy/description.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

namespace postseal::config {

BOOST_AUTO_TEST_SUITE(policy_file)

BOOST_AUTO_TEST_CASE(several_policy_files_are_one_policy_in_their_order) {
    const auto read =
        load(std::filesystem::path{POSTSEAL_TEST_DATA} / "config/good/several/postseal.yaml");
    std::string names;
    for (const auto& file : read.policy.files)
        names += file.filename().string() + " ";
    BOOST_TEST(names == "policy.yaml 10-a.yaml 20-b.yaml ");
    const auto& policy = read.relay.policy;
    BOOST_REQUIRE_EQUAL(policy.rules.size(), 3U);
    BOOST_TEST(policy.rules[0].name == "first of all");
    BOOST_TEST(policy::describe(policy.rules[0].match) == "to: partners");
    BOOST_TEST(policy.rules[1].name == "second");
    BOOST_TEST(policy.rules[2].name == "third");
    BOOST_CHECK(policy.defaults.encrypt == policy::encrypt::never);
    const auto& key_of = policy.key_of.entries();
    BOOST_REQUIRE_EQUAL(key_of.size(), 2U);
    BOOST_TEST(policy::describe(key_of[0].match) == "to: partners");
    BOOST_TEST(policy::describe(key_of[1].match) == "to: b.example");
    BOOST_TEST(policy.pins.size() == 1U);
    BOOST_TEST(find_pins(read.policy.files, policy.pins).begin()->second.place == "20-b.yaml:4");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
