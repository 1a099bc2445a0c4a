// SPDX-License-Identifier: Apache-2.0
#include "smtp/glob.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <string_view>

using namespace postseal::smtp;

BOOST_AUTO_TEST_SUITE(glob)

BOOST_AUTO_TEST_CASE(a_glob_matches_as_an_administrator_expects) {
    struct {
        std::string_view pattern, text;
        bool matches;
    } const table[] = {
        {"", "", true},          {"", "a", false},
        {"*", "", true},         {"*", "anything", true},
        {"?", "", false},        {"?", "a", true},
        {"?", "ab", false},      {"abc", "abc", true},
        {"abc", "abcd", false},  {"abcd", "abc", false},
        {"a*c", "ac", true},     {"a*c", "abbbc", true},
        {"a*c", "abcb", false},  {"a*b*c", "a-b-b-c", true},
        {"*b", "aab", true},     {"*ab", "aaab", true},
        {"a**", "a", true},      {"*a*", "bbb", false},
        {"a?c*", "abcde", true}, {"EXAMPLE.org", "example.ORG", true},
        {"[a]", "a", false}, // no character classes: a bracket is a bracket
        {"*", "*", true},        {"\xc3\x84", "\xc3\xa4", false}, // only ASCII letters are folded
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.pattern << " against " << row.text) {
            BOOST_TEST(glob_matches(row.pattern, row.text) == row.matches);
        }
    }
}

BOOST_AUTO_TEST_CASE(many_stars_do_not_make_matching_slow) {
    std::string pattern;
    for (int i = 0; i < 100; ++i) {
        pattern += "a*";
    }
    pattern += "b";
    const std::string text(320, 'a');
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(!glob_matches(pattern, text));
    BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::milliseconds{100}));
}

BOOST_AUTO_TEST_SUITE_END()
