// SPDX-License-Identifier: Apache-2.0
#include "postfix/expansion.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

namespace postseal::postfix {

namespace {

std::optional<std::string> lookup(std::string_view name) {
    static const std::map<std::string, std::string, std::less<>> names{
        {"mynetworks", "127.0.0.0/8"},
        {"compatibility_level", "3.6"},
        {"old_level", "2"},
        {"empty", ""},
        {"stress", ""},
        {"twice", "$mynetworks, ${mynetworks}"},
        {"self", "$self"},
        {"double0", "$double1$double1"},
        {"double1", "$double2$double2"},
        {"double2", "$double0$double0"},
        {"level", "may"},
    };
    const auto found = names.find(name);
    if (found == names.end()) return std::nullopt;
    return found->second;
}

} // namespace

BOOST_AUTO_TEST_SUITE(expansion)

BOOST_AUTO_TEST_CASE(a_value_is_expanded_as_postfix_does_it) {
    struct {
        std::string_view text;
        std::string_view expected;
    } const table[] = {
        {"plain, text", "plain, text"},
        {"$mynetworks", "127.0.0.0/8"},
        {"a $(mynetworks) b", "a 127.0.0.0/8 b"},
        {"$twice", "127.0.0.0/8, 127.0.0.0/8"},
        {"$$mynetworks", "$mynetworks"},
        {"${empty:$mynetworks}", "127.0.0.0/8"},
        {"${level:$mynetworks}", "may"},
        {"${unknown:x}", "x"},
        {"${stress?{10}:{300}}s", "300s"},
        {"${level?{10}:{300}}s", "10s"},
        {"${level?yes}", "yes"},
        {"${empty?yes}", ""},
        {"${empty?{yes}}", ""},
        {"${{$compatibility_level} <level {1} ? {} : {permit, reject}}", "permit, reject"},
        {"${{$compatibility_level} <level {3.10} ? {old} : {new}}", "old"},
        {"${{$compatibility_level} >=level {3.6} ? {yes} : {no}}", "yes"},
        {"${{$old_level} < {1} ? {} : {permit, reject}}", "permit, reject"}, // up to 3.5
        {"${{$old_level} < {10} ? {numbers} : {letters}}", "numbers"},
        {"${{$level} == {may} ? {${level}} : {none}}", "may"},
        {"${{$level} != {may} ? {${level}} : {none}}", "none"},
        // What a daemon only knows at run time, and what is written wrongly, stays to be seen.
        {"$recipient", "$recipient"},
        {"${recipient}", "${recipient}"},
        {"${mynetworks", "${mynetworks"},
        {"${{a} ~ {b} ? {c} : {d}}", "${{a} ~ {b} ? {c} : {d}}"},
        {"${}", "${}"},
        {"$", "$"},
        {"5 $ 6", "5 $ 6"},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.text) { BOOST_TEST(expand(row.text, lookup) == row.expected); }
    }
}

BOOST_AUTO_TEST_CASE(names_that_mention_each_other_come_to_an_end) {
    BOOST_TEST(expand("$self", lookup).size() < 100U);
    BOOST_TEST(expand("$double0", lookup).size() < (1U << 20));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::postfix
