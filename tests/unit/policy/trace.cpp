// SPDX-License-Identifier: Apache-2.0
#include "policy/trace.hpp"
#include "policy/description.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(traces)

namespace {

std::vector<rule_trace> trace_of(const rule_set& rules, const letter& mail, std::string_view to) {
    const circumstances around(mail.origin, mail.envelope.sender, &mail.facts);
    return trace(rules, around, {folded_address(at(to)), {}});
}

std::string told(const std::vector<condition_trace>& all) {
    std::string text;
    for (const auto& one : all)
        text += std::string(2 * one.depth, ' ') + one.text + " " +
                std::string{to_string(one.answer)} + "\n";
    return text;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_condition_says_what_it_comes_to) {
    auto rules = house();
    auto one = rule_for("b.example", {});
    also(one, from("ben@example.org"));
    also(one, {tls_is{true}});
    also(one, {any_of{{{attachment_is{true}},
                       {all_of{{{class_is{{message_class::list}}}, {known_key_is{true}}}}}}}});
    also(one, {none_of{{{class_is{{message_class::plain, message_class::report}}}}}});
    rules.rules = {one};
    const auto traced = trace_of(rules, letter{}, "bob@b.example");
    BOOST_REQUIRE_EQUAL(traced.size(), 1U);
    BOOST_CHECK(traced[0].answer == truth::no);
    BOOST_TEST(told(traced[0].conditions) == "to: b.example holds\n"
                                             "from: ben@example.org does not hold\n"
                                             "tls: true not known\n"
                                             "any of does not hold\n"
                                             "  attachment: true does not hold\n"
                                             "  all of does not hold\n"
                                             "    class: list does not hold\n"
                                             "    known_key: true not known\n"
                                             "none of does not hold\n"
                                             "  class: plain, report holds\n");
}

// A slip in an address is what people look for; rules for others than this recipient are told too.
BOOST_AUTO_TEST_CASE(every_rule_up_to_the_one_that_speaks_is_told) {
    auto rules = house();
    auto others = rule_for("", {});
    others.name = "others";
    also(others, from("ben@example.org"));
    auto everybody = rule_for("", {});
    everybody.name = "everybody";
    rules.rules = {others, rule_for("c.example", {}), everybody, rule_for("b.example", {})};
    const auto traced = trace_of(rules, letter{}, "bob@b.example");
    BOOST_REQUIRE_EQUAL(traced.size(), 3U);
    BOOST_TEST(traced[0].rule == "others");
    BOOST_TEST(told(traced[0].conditions) == "from: ben@example.org does not hold\n");
    BOOST_TEST(traced[0].about_others);
    BOOST_TEST(traced[1].rule == "the rule for c.example");
    BOOST_TEST(told(traced[1].conditions) == "to: c.example does not hold\n");
    BOOST_TEST(traced.back().rule == "everybody");
    BOOST_CHECK(traced.back().answer == truth::yes);
    BOOST_TEST(traced.back().conditions.empty());
    BOOST_TEST(said_of(rules, {}, at("bob@b.example")).rule == "everybody");
    BOOST_TEST(!traced.back().about_others);
}

BOOST_AUTO_TEST_CASE(a_rule_is_about_others_only_where_an_address_has_to_match) {
    auto rules = house();
    auto one = rule_for("b.example", {});
    also(one, {attachment_is{true}});
    auto another = rule_for("", {});
    also(another, {any_of{{from("ben@example.org"), {tls_is{true}}}}});
    rules.rules = {one, another};
    const auto traced = trace_of(rules, letter{}, "bob@b.example");
    BOOST_REQUIRE_EQUAL(traced.size(), 2U);
    for (const auto& each : traced) {
        BOOST_CHECK(each.answer != truth::yes);
        BOOST_TEST(!each.about_others);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
