// SPDX-License-Identifier: Apache-2.0
#include "policy/shadows.hpp"

#include "scene.hpp"

#include <algorithm>
#include <random>
#include <string>

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(rule_shadows)

namespace {

rule asking(conditions each) {
    rule made;
    made.match = {all_of{std::move(each)}};
    return made;
}

/// "2 by 0, 3 by 1"
std::string outline(const shadows& made) {
    std::string text;
    for (const auto& one : made.found)
        text +=
            (text.empty() ? "" : ", ") + std::to_string(one.rule) + " by " + std::to_string(one.by);
    return text;
}

std::string outline(const rule_list& rules) { return outline(find_shadows(rules)); }

condition size_over(std::uint64_t octets) { return {size_is{octets, {}}}; }

} // namespace

BOOST_AUTO_TEST_CASE(a_rule_is_shadowed_by_the_first_one_that_leaves_it_nothing) {
    BOOST_TEST(outline({asking({to("b.example")}), asking({to("bob@b.example")}),
                        asking({to("c.example")}), asking({to("bob@b.example")})}) ==
               "1 by 0, 3 by 0");
    BOOST_TEST(outline({asking({}), asking({to("b.example")})}) == "1 by 0");
    BOOST_TEST(outline({asking({to("b.example")}), asking({})}) == "");
    BOOST_TEST(outline({asking({from("example.org")}),
                        asking({from("anna@example.org"), to("b.example")})}) == "1 by 0");
    BOOST_TEST(outline({asking({to("b.example"), size_over(9)}), asking({to("b.example")})}) == "");
    BOOST_TEST(outline({asking({size_over(9)}), asking({to("b.example"), size_over(10)})}) ==
               "1 by 0");
    // Where the client is not known, the first one does not hold, and the second does.
    BOOST_TEST(outline({asking({client("0.0.0.0/0")}), asking({{none_of{{client("::/0")}}}}),
                        asking({to("b.example")})}) == "");
}

// A rule that does not claim foreign mail still decides that no other one does: the first that
// matches is asked, and standing goes by its answer.
BOOST_AUTO_TEST_CASE(a_rule_that_claims_foreign_mail_is_shadowed_by_one_that_does_not) {
    auto ours = rule_for("b.example", {});
    auto foreign = rule_for("bob@b.example", {});
    foreign.set.foreign = true;
    BOOST_TEST(outline({ours, foreign}) == "1 by 0");

    auto rules = house();
    rules.rules = {ours, foreign};
    letter mail;
    mail.facts.from = these({"x@far.example"});
    BOOST_TEST(!said_of(rules, mail, at("bob@b.example")).foreign);
    rules.rules = {foreign, ours};
    BOOST_TEST(said_of(rules, mail, at("bob@b.example")).foreign);
}

// Filing and prefilter find what holding every rule against every other one finds.
BOOST_AUTO_TEST_CASE(the_quick_way_finds_what_the_slow_one_finds) {
    std::mt19937 random(3); // NOLINT: the same ones each time
    const std::string_view patterns[] = {"bob@b.example", "b.example",     "*@b.example",
                                         "*.b.example",   "bob@*",         "c.example",
                                         "B?b@b.example", "x@a.b.example", "*.a.b.example"};
    const auto pick = [&](const auto& some) { return some[random() % std::size(some)]; };
    int shadowed = 0;
    for (int round = 0; round < 500; ++round) {
        rule_list rules;
        for (int i = 0; i < 12; ++i) {
            auto one = asking({});
            if (random() % 4 != 0)
                also(one, {to_is{any_of_these({pick(patterns), pick(patterns)})}});
            if (random() % 3 == 0) also(one, from(pick(patterns)));
            if (random() % 3 == 0) also(one, size_over(random() % 3));
            if (random() % 5 == 0) also(one, {tls_is{random() % 2 == 0}});
            if (random() % 5 == 0) also(one, {any_of{{from(pick(patterns)), {tls_is{true}}}}});
            if (random() % 5 == 0) also(one, {none_of{{to(pick(patterns))}}});
            rules.push_back(std::move(one));
        }
        shadows slow;
        coverage covering;
        for (std::size_t later = 0; later < rules.size(); ++later) {
            for (std::size_t before = 0; before < later; ++before) {
                if (!covering.covers(rules[before].match, rules[later].match)) continue;
                slow.found.push_back({later, before});
                break;
            }
        }
        BOOST_REQUIRE_EQUAL(outline(rules), outline(slow));
        shadowed += static_cast<int>(slow.found.size());
    }
    BOOST_TEST(shadowed > 500);
}

BOOST_AUTO_TEST_CASE(who_looks_no_further_says_how_far_it_was) {
    rule_list rules;
    for (int i = 0; i < 100; ++i)
        rules.push_back(asking({to("*" + std::to_string(i) + "@b.example")}));
    BOOST_TEST(find_shadows(rules).looked_at == 100U);
    const auto tired = find_shadows(rules, 50);
    BOOST_TEST(tired.looked_at < 100U);
    BOOST_TEST(tired.looked_at > 1U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
