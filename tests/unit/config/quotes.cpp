// SPDX-License-Identifier: Apache-2.0
#include "config/quotes.hpp"

#include "config/yaml.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace postseal::config {

BOOST_AUTO_TEST_SUITE(quotes_in_yaml)

namespace {

std::string told_of(const std::string& yaml) {
    try {
        static_cast<void>(parse_yaml({"policy.yaml", yaml}));
    } catch (const error& mistake) {
        return std::to_string(mistake.line()) + ":" + std::to_string(mistake.column()) + " " +
               mistake.mistake();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_quote_is_closed_in_its_line_or_a_mistake_where_it_opens) {
    struct sample {
        std::string yaml;
        std::string place;
    };
    for (const auto& [yaml, place] : {
             sample{"a: \"b\nc: d\n", "1:4"},
             sample{"a: 'b\nc: d\n", "1:4"},
             sample{"a: 'b", "1:4"},
             sample{"a: \"b\\\"\nc: d\n", "1:4"},
             sample{"a: \"b\\\n  c\"\n", "1:4"},
             sample{"a: 'b''\nc: d\n", "1:4"},
             sample{"a: \"b\r\nc: \"d\"\r\n", "1:4"},
             sample{"a: \"b\rc: d\"\n", "1:4"},
             sample{"\xEF\xBB\xBF\"a: b\nc: d\n", "1:1"},
             sample{"a: x\n\"b: c\n", "2:1"},
             sample{"a: [x, \"y, z]\nb: c\n", "1:8"},
             sample{"a: {x: \"y, z: 1}\nb: \"c\"\n", "1:8"},
             sample{"a: # it's\n  - 'b\n  - c\n", "2:5"},
             sample{"a: x \"y\nb: {c: \"*d\"}\ne: \"\n", "3:4"},
             sample{"a: |\n  it's\nb: \"c\nd: \"*e\"\n", "3:4"},
             sample{"- a: >-\n    \"x\n  b: \"c\nd: \"*e\"\n", "3:6"},
             sample{"- >-\n  \"x\n- \"c\n- \"*e\"\n", "3:3"},
         })
        BOOST_TEST(told_of(yaml).starts_with(place + " the quote that opens here is n"),
                   yaml << " " << told_of(yaml));
}

BOOST_AUTO_TEST_CASE(quotes_that_are_letters_or_closed_are_no_mistake) {
    for (const std::string yaml : {
             "a: it's\nb: c\n",
             "a: x\"y\nb: c\n",
             "a: \"b\"\nc: 'd'\n",
             "a: \"it's\"\nb: 'say \"so\"'\n",
             "a: \"x\\\\\"\nb: 'don''t'\n",
             "a: [\"b\", 'c']\n",
             "a: >\n  it's\n  \"so\nb: c\n",
             "a: |\n  it's\n",
             "# it's\na: b # \"c\n",
             "a: \"#\"\n",
             "\xEF\xBB\xBF\"a\": 'b'\n",
             "",
         })
        BOOST_TEST(told_of(yaml) == "", yaml);
}

BOOST_AUTO_TEST_CASE(a_file_of_other_mistakes_is_told_of_them) {
    BOOST_TEST(told_of("a: it's\nb: *c\n") == "2:4 a pattern that begins with '*' needs quotes");
    BOOST_TEST(!quotes("a: it's\nb: *c\n").find_open().has_value());
    BOOST_TEST(!quotes("a: >\n  'x\nb: c\n").find_open().has_value());
    BOOST_TEST(!quotes("a: b").open_at({7, 3}).has_value());
    BOOST_TEST(!quotes("a: '").open_at({1, 99}).has_value());
    BOOST_TEST(!quotes("a: '").open_at({}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
