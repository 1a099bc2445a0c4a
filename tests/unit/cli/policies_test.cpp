// SPDX-License-Identifier: Apache-2.0
// The policies of tests/data/policies with their tests, by the reader and the judge of `postseal
// test`. A folder is a theme.
#include "cli/policy_test.hpp"

#include "config/policy_file.hpp"
#include "config/settings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>

using namespace postseal;

BOOST_AUTO_TEST_SUITE(policies)

namespace {

namespace fs = std::filesystem;

const fs::path policies = fs::path(POSTSEAL_TEST_DATA) / "policies";

constexpr std::size_t fewest_tests = 200;

std::vector<fs::path> themes() {
    std::vector<fs::path> all;
    for (const auto& one : fs::directory_iterator(policies))
        if (one.is_directory()) all.push_back(one.path());
    std::ranges::sort(all);
    return all;
}

relay::settings under(const fs::path& theme) {
    auto read = config::load(policies / "postseal.yaml").relay;
    read.policy = config::load_policy({theme / "policy.yaml"}, read.policy.local_domains, read);
    return read;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_policy_does_what_its_tests_expect) {
    std::size_t tests = 0;
    for (const auto& theme : themes()) {
        const auto settings = under(theme);
        const auto file = config::read_policy_tests(theme / "tests.yaml");
        for (const auto& test : file.tests) {
            ++tests;
            BOOST_TEST(!test.expected.empty());
            for (const auto& one : cli::judge(settings, file.from, test))
                BOOST_ERROR(theme.filename().string()
                            << ":" << one.at.line << ": " << test.name << ": " << one.what.about
                            << " should be " << one.what.expected << " but is " << one.what.got
                            << ": " << one.reason << " (rule: " << one.rule << ")");
        }
    }
    BOOST_TEST(tests >= fewest_tests);
}

// Every rule that stands there decides somewhere: one that nobody tests is not tested.
BOOST_AUTO_TEST_CASE(every_rule_is_expected_somewhere_or_reached) {
    for (const auto& theme : themes()) {
        auto settings = under(theme);
        const auto file = config::read_policy_tests(theme / "tests.yaml");
        std::vector<std::string> reached;
        policy::expectation nobody;
        nobody.rule = "(nobody's)";
        for (auto test : file.tests) {
            test.expected.clear();
            for (std::size_t i = 0; i < test.envelope.recipients.size(); ++i)
                test.expected.push_back({i, {}, nobody});
            for (const auto& one : cli::judge(settings, file.from, test))
                reached.push_back(one.rule);
        }
        for (const auto& rule : settings.policy.rules)
            if (rule.name != "second of two") // the one that never decides
                BOOST_TEST(std::ranges::count(reached, rule.name) > 0, theme.filename()
                                                                           << ": " << rule.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
