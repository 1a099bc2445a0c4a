// SPDX-License-Identifier: Apache-2.0
#include "config/lists.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace postseal::config {

BOOST_AUTO_TEST_SUITE(lists_)

namespace {

const source lists_file{"lists.yaml",
                        "lawyers: ['*@Legal.example.org', law.example, anna@example.org]"};

std::string logins(const std::string& written) {
    named_lists lists;
    lists.read(lists_file, parse_yaml(lists_file));
    const source from{"login.yaml", written};
    try {
        std::string all;
        for (const auto& one : lists.resolve_logins(from, parse_yaml(from)))
            all += one + "|";
        return all;
    } catch (const error& mistake) {
        return mistake.mistake();
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(a_login_name_need_not_be_an_address) {
    struct {
        std::string written, expected;
    } const table[] = {
        {"anna", "anna|"},
        {"[Anna, '*@example.org']", "anna|*@example.org|"},
        {"'EXAMPLE\\*'", "example\\*|"},
        {"anna.adler", "anna.adler|"},
        {"Anna Adler", "anna adler|"},
        // A list holds addresses: a domain in it means every address there, also of a login.
        {"lawyers", "*@legal.example.org|*@law.example|anna@example.org|"},
        {"[ben, lawyers]", "ben|*@legal.example.org|*@law.example|anna@example.org|"},
        {"[]", "the list is empty, so the rule could never match"},
        {"lawyer", "there is no list 'lawyer'; did you mean 'lawyers'? (If it is a login name, "
                   "give the list another name.)"},
        {"lawyer*", "lawyer*|"},
        {std::string(255, 'a'), std::string(255, 'a') + "|"},
        {std::string(256, 'a'), "is longer than any login name"},
    };
    for (const auto& row : table)
        BOOST_TEST(logins(row.written) == row.expected);
}

BOOST_AUTO_TEST_CASE(rules_that_name_a_list_share_it) {
    named_lists lists;
    lists.read(lists_file, parse_yaml(lists_file));
    const source from{"rule.yaml", "[bob@b.example, lawyers, c.example]"};
    const auto first = lists.resolve(from, parse_yaml(from));
    const auto second = lists.resolve(from, parse_yaml(from));
    BOOST_REQUIRE_EQUAL(first.size(), 2U);
    BOOST_TEST(first[0]->list_name() == "lawyers");
    BOOST_TEST(first[0] == second[0]);
    BOOST_TEST(first[1]->patterns().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
