// SPDX-License-Identifier: Apache-2.0
#include "policy/rule_list.hpp"

#include "scene.hpp"

#include <algorithm>
#include <random>

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(rule_lists)

namespace {

bool is_among(const std::vector<const rule*>& some, const rule& one) {
    return std::ranges::any_of(some, [&](const auto* other) { return other == &one; });
}

} // namespace

BOOST_AUTO_TEST_CASE(every_rule_that_may_hold_is_a_candidate_in_its_place) {
    std::mt19937 random(11); // NOLINT: the same ones each time
    const std::string_view patterns[] = {
        "bob@b.example", "b.example",      "*@b.example",   "*.b.example", "bob@*",
        "c.example",     "cara@c.example", "B?b@b.example", "/^B.b@/",     "/@c[.]e/"};
    const std::string_view addresses[] = {"bob@b.example", "Bob@B.example", "bab@b.example",
                                          "cara@c.example", "x@sub.b.example"};
    const auto pick = [&](const auto& some) { return some[random() % std::size(some)]; };
    int left_out = 0;
    for (int round = 0; round < 300; ++round) {
        rule_list rules;
        for (int i = 0; i < 12; ++i) {
            rule one;
            if (random() % 2 == 0) also(one, to(pick(patterns)));
            if (random() % 2 == 0) also(one, from(pick(patterns)));
            if (random() % 4 == 0) one.match = {any_of{{one.match, to(pick(patterns))}}};
            if (random() % 4 == 0) one.match = {none_of{{one.match}}};
            if (random() % 4 == 0) one.match = {all_of{{one.match, from(pick(patterns))}}};
            rules.push_back(one);
        }
        letter mail;
        mail.envelope.sender = at(pick(addresses));
        mail.facts.from = these({pick(addresses), pick(addresses)});
        const addressee whom{folded_address(at(pick(addresses))), {}};
        for (const auto* facts :
             {static_cast<const message::facts*>(nullptr), &std::as_const(mail.facts)}) {
            const circumstances around(mail.origin, mail.envelope.sender, facts);
            const auto candidates = rules.candidates(around, whom);
            BOOST_REQUIRE(std::ranges::is_sorted(candidates));
            BOOST_REQUIRE(std::ranges::adjacent_find(candidates) == candidates.end());
            for (const auto& one : rules) {
                if (is_among(candidates, one)) continue;
                BOOST_REQUIRE(holds(one.match, around, whom) == truth::no);
                ++left_out;
            }
        }
    }
    BOOST_TEST(left_out > 500);
}

BOOST_AUTO_TEST_CASE(rules_for_others_are_not_even_looked_at) {
    rule_list rules;
    for (int i = 0; i < 1000; ++i)
        rules.push_back(rule_for("someone" + std::to_string(i) + "@b.example", {}));
    auto mine = rule_for("", {});
    also(mine, from("anna@example.org"));
    rules.push_back(mine);
    const letter mail;
    const circumstances around(mail.origin, mail.envelope.sender, &mail.facts);
    BOOST_TEST(rules.candidates(around, {folded_address(at("someone7@b.example")), {}}).size() ==
               2U);
}

BOOST_AUTO_TEST_CASE(the_list_knows_what_its_rules_may_ask_for) {
    rule_list rules{rule_for("b.example", {})};
    BOOST_TEST(!rules.any_requires());
    BOOST_TEST(!rules.any_asks_for_key());
    overrides required;
    required.encrypt = encrypt::required;
    auto one = rule_for("c.example", required);
    one.match = {none_of{{one.match, {any_of{{{known_key_is{true}}}}}}}};
    rules.push_back(one);
    BOOST_TEST(rules.any_requires());
    BOOST_TEST(rules.any_asks_for_key());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
