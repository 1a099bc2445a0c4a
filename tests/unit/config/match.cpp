// SPDX-License-Identifier: Apache-2.0
// The mistakes in `match:` have their folders in tests/data/config/bad.
#include "config/settings.hpp"

#include "policy/description.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace postseal::config {

BOOST_AUTO_TEST_SUITE(match_)

// Two fronts and a filter: one of them is enough where a rule names none.
BOOST_AUTO_TEST_CASE(a_rule_may_ask_what_one_listener_can_know) {
    const auto folder = std::filesystem::path{POSTSEAL_TEST_DATA} / "config/good/front";
    const auto rules = load(folder / "postseal.yaml").relay.policy.rules;
    BOOST_REQUIRE_EQUAL(rules.size(), 2U);
    BOOST_TEST(policy::describe(rules[0].match) ==
               "tls: true; authenticated: true; login: anna, *@legal.example.org");
    BOOST_TEST(policy::describe(rules[1].match) ==
               "listener: submission, submissions; authenticated: false");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
