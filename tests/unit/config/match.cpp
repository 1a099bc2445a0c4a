// SPDX-License-Identifier: Apache-2.0
// The mistakes in `match:` have their folders in tests/data/config/bad.
#include "config/settings.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace postseal::config {

BOOST_AUTO_TEST_SUITE(match)

// Two fronts and a filter: one of them is enough where a rule names none.
BOOST_AUTO_TEST_CASE(a_rule_may_ask_what_one_listener_can_know) {
    const auto folder = std::filesystem::path{POSTSEAL_TEST_DATA} / "config/good/front";
    const auto rules = load(folder / "postseal.yaml").relay.policy.rules;
    BOOST_REQUIRE_EQUAL(rules.size(), 2U);
    const auto& asked = rules[0].match.origin;
    BOOST_TEST(asked.login == (std::vector<std::string>{"anna", "*@legal.example.org"}),
               boost::test_tools::per_element());
    BOOST_CHECK(asked.authenticated == true);
    BOOST_CHECK(asked.tls == true);
    BOOST_TEST(asked.listener.empty());
    BOOST_CHECK(rules[1].match.origin.authenticated == false);
    BOOST_TEST(rules[1].match.origin.listener.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
