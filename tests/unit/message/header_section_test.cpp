// SPDX-License-Identifier: Apache-2.0
#include "message/header_section.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::message;

namespace {

// Fields separated by '|', then '#' and what the body starts with; "!" in front where doubtful.
std::string shown(std::string_view entity) {
    const auto section = read_header_section(entity);
    std::string text = section.doubtful ? "!" : "";
    for (const auto& field : section.fields) {
        text.append(field.name).append("=").append(unfolded(field)).append("|");
    }
    text += section.terminated ? '#' : '~';
    return text.append(entity.substr(section.body_offset, 8));
}

} // namespace

BOOST_AUTO_TEST_SUITE(header_section_test)

BOOST_AUTO_TEST_CASE(sections_are_read_by_the_rule_in_the_header) {
    struct row {
        std::string_view entity;
        std::string_view expected;
    };
    const row table[] = {
        {"", "~"},
        {"\r\nbody", "#body"},
        {"A: 1\r\n\r\nbody", "A=1|#body"},
        {"A: 1\nB:2\n\nbody", "A=1|B=2|#body"}, // LF files, as `explain` gets them
        {"A: 1\r\n two\r\n\tthree \r\n\r\n", "A=1 two\tthree|#"},
        {"A: 1\r\nB: 2", "A=1|B=2|~"},
        {"A:\r\n\r\n", "A=|#"},
        {"A: 1\r\n\r\nB: 2\r\n\r\n", "A=1|#B: 2\r\n\r\n"},
        // a line that is no field starts the body, and nothing is lost
        {"A: 1\r\nhello\r\nB: 2\r\n\r\n", "!A=1|~hello\r\nB"},
        {"A: 1\r\n: 2\r\n", "!A=1|~: 2\r\n"},
        {"A: 1\r\nno name: 2\r\n", "!A=1|~no name:"},
        {"A: 1\r\n\xC3\xBC: 2\r\n", "!A=1|~\xC3\xBC: 2\r\n"},
        {" folded first\r\nA: 1\r\n", "! ~ folded "},
        // mbox
        {"From a@example.org Mon\r\nA: 1\r\n\r\n", "!=From a@example.org Mon|A=1|#"},
        {">From a@example.org Mon\r\nA: 1\r\n\r\n", "!=>From a@example.org Mon|A=1|#"},
        {"A: 1\r\nFrom a@example.org\r\n", "!A=1|~From a@e"},
        {"From a@example.org\r\n text\r\n\r\n", "!=From a@example.org|~ text\r\n\r"},
        // what readers disagree about
        {"A : 1\r\n\r\n", "!A=1|#"},
        {"A: 1\r\n \t\r\nB: 2\r\n\r\n", "!A=1|B=2|#"},
        {"A: 1\rB: 2\r\n\r\n", "!A=1\rB: 2|#"},
    };
    for (const auto& [entity, expected] : table) {
        BOOST_TEST_CONTEXT(entity) {
            const auto tidy = expected.starts_with("! ") ? "!" + std::string(expected.substr(2))
                                                         : std::string(expected);
            BOOST_TEST(shown(entity) == tidy);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_byte_is_lost) {
    const std::string_view entities[] = {
        "From x\r\nA: 1\r\n\tb\r\nB : 2\r\n\r\nbody",
        "A: 1\r\n \r\nB: 2\r\nnot a field\r\nC: 3\r\n\r\nbody",
        "A: 1",
    };
    for (const auto entity : entities) {
        const auto section = read_header_section(entity);
        std::string whole;
        for (const auto& field : section.fields) {
            whole += field.raw;
        }
        if (section.terminated) whole += "\r\n";
        whole += entity.substr(section.body_offset);
        BOOST_TEST(whole == entity);
    }
}

BOOST_AUTO_TEST_CASE(a_field_body_keeps_its_folds_and_loses_its_line_end) {
    const auto section = read_header_section("Subject:  one\r\n two \r\nFrom: a\r\n\r\n");
    BOOST_TEST(section.fields.at(0).body() == "  one\r\n two ");
    BOOST_TEST(section.fields.at(1).body() == " a");
}

BOOST_AUTO_TEST_CASE(names_are_found_in_any_case) {
    const auto section = read_header_section("TO: a\r\nto: b\r\nTom: c\r\n\r\n");
    BOOST_REQUIRE(section.find("To") != nullptr);
    BOOST_TEST(unfolded(*section.find("To")) == "a");
    BOOST_TEST(section.count("to") == 2u);
    BOOST_TEST(section.find("Cc") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_lines_are_a_hundred_thousand_fields) {
    std::string entity;
    for (int i = 0; i < 100'000; ++i) {
        entity += "X: y\r\n";
    }
    const auto section = read_header_section(entity + "\r\n");
    BOOST_TEST(section.fields.size() == 100'000u);
    BOOST_TEST(section.body_offset == entity.size() + 2);
}

BOOST_AUTO_TEST_SUITE_END()
