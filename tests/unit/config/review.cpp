// SPDX-License-Identifier: Apache-2.0
// One folder for each thing that a policy can say in vain: tests/data/config/warned.
#include "config/review.hpp"

#include "config/never_matching.hpp"
#include "config/policy_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace postseal::config {

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(reviews)

namespace {

const fs::path data = fs::path{POSTSEAL_TEST_DATA} / "config";

std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    BOOST_REQUIRE_MESSAGE(in, file);
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// All that is told, with files named from `folder` on.
std::string told_of(const fs::path& folder) {
    std::string told;
    for (const auto& one : review(load(folder / "postseal.yaml"))) {
        std::string text = one.what();
        BOOST_TEST(text.starts_with(folder.string() + "/"));
        BOOST_TEST((one.line() > 0 || one.mistake().find(is_not_read) != std::string::npos));
        told += text.substr(folder.string().size() + 1) + "\n";
    }
    return told;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_said_in_vain_is_told_with_its_place) {
    std::size_t folders = 0;
    for (const auto& folder : fs::directory_iterator(data / "warned")) {
        BOOST_TEST_CONTEXT(folder.path().filename().string()) {
            ++folders;
            const auto told = told_of(folder.path());
            BOOST_TEST(!told.empty());
            BOOST_TEST(told == text_of(folder.path() / "expected.txt"));
        }
    }
    BOOST_TEST(folders >= 30U);
}

BOOST_AUTO_TEST_CASE(nothing_is_told_of_good_policies) {
    for (const auto* const name : {"minimal", "front"})
        BOOST_TEST(told_of(data / "good" / name) == "", name);
    BOOST_TEST(told_of(data / "../../../config/examples") == "");
}

BOOST_AUTO_TEST_CASE(only_patterns_that_nothing_is_like_are_told) {
    for (const auto* const good :
         {"bob@b.example",
          "*@b.example",
          "b_c.example",
          "*.b-*.example",
          "*-@b.example",
          "b?.example",
          "user@[192.0.2.1]",
          "*@xn--bcher-kva.example",
          "bücher.example",
          "a\"b@b.example",
          "/^a$/",
          "/$/",
          "/a|b$x/",
          "/a$(x)?/",
          "/$\u00fc?/",
          "/$[]x]*/",
          "/(?m)a$b/",
          "/a$\\b/",
          "/a?^b@/",
          "/a*^b/",
          "/a{0}^b/",
          "/[[:alpha:]]$x*/",
          "*******************************************************************@b"})
        BOOST_TEST(!why_no_address(good).has_value(), good);
    for (const auto* const bad :
         {"*-.example", "*@b,example", "*@b.-c.example", "\"*\"@b.example", "/a^b@/",
          "/^[0-9]+@b\\.example$x/", "/@b[.]example$[a-z]/", "/\\d+^a/", "/$./", "/$\u00fc/"})
        BOOST_TEST(why_no_address(bad).has_value(), bad);
    for (const auto* const good : {"*draft*", "/^draft$/", "/^$/", "/draft/i", "/a|^b/", "/[$]b/",
                                   "/a$?b/", "/\\$5/", "=?x", "*=?utf-8?*"})
        BOOST_TEST(!why_no_text(good).has_value(), good);
    for (const auto* const bad : {"/a^b/", "/^a^/", "/a$b$/", "/a^b/i", "/ ^a/"})
        BOOST_TEST(why_no_text(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(rules_that_were_not_looked_at_are_told_too) {
    const auto read = load(data / "warned/rule-behind-a-wider-one/postseal.yaml");
    const auto told = review(read, 3);
    BOOST_REQUIRE_EQUAL(told.size(), 1U);
    BOOST_TEST(told[0].line() == 5);
    BOOST_TEST(told[0].mistake() ==
               "warning: there are too many rules and patterns: whether this rule and those behind "
               "it are ever reached was not looked at");
}

BOOST_AUTO_TEST_CASE(a_policy_that_has_changed_since_is_not_told_of) {
    auto read = load(data / "good/several/postseal.yaml");
    read.relay.policy.rules = {};
    BOOST_CHECK_THROW((void)review(read), error);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
