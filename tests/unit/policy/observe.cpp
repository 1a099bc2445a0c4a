// SPDX-License-Identifier: Apache-2.0
// Rules that only observe: nothing is done, and the same rules in force say what would be.
#include "policy/plan.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(observing)

namespace {

rule_set house_that_observes() {
    auto rules = house();
    rules.defaults.mode = mode::observe;
    rules.defaults.encrypt = encrypt::required;
    rules.defaults.headers = message::profile::strict;
    rules.defaults.archive = at("archive@example.org");
    return rules;
}

} // namespace

BOOST_AUTO_TEST_CASE(whatever_is_found_the_message_passes_as_it_came) {
    const auto rules = house_that_observes();
    for (const auto& about :
         {found("B"), absent(), unusable(), temporary(), changed("OLD", "NEW")}) {
        const auto mail = letter{}.to("bob@b.example", about).to("ben@example.org");
        const auto made = mail.under(rules);
        BOOST_TEST(outline(made) == "untouched 0 1");
        BOOST_TEST(made.decisions[0].observed);
        BOOST_TEST(!made.decisions[1].observed);
        BOOST_TEST(!key_matters(rules, mail.origin, mail.envelope, &mail.facts,
                                mail.envelope.recipients[0].address));
    }
}

// Forwarded first, and looked at then: nobody waits for a key, also where a rule asks for one.
BOOST_AUTO_TEST_CASE(a_whole_policy_that_is_tried_out_waits_for_no_key) {
    auto rules = house_that_observes();
    overrides required;
    required.encrypt = encrypt::required;
    auto asks = rule_for("b.example", required);
    also(asks, {known_key_is{true}});
    rules.rules = {asks};
    const auto mail = letter{}.to("bob@b.example", found("B"));
    const auto matters = [&](const message::facts* facts, const std::optional<waiting>& since) {
        return key_matters(rules, mail.origin, mail.envelope, facts, at("bob@b.example"), since);
    };
    BOOST_TEST(!matters(nullptr, {}));
    BOOST_TEST(!matters(&mail.facts, {}));
    BOOST_TEST(outline(mail.under(rules)) == "untouched 0");
    BOOST_TEST(matters(&mail.facts, waiting{})); // but for what was held before
    asks.set.mode = mode::enforce;
    rules.rules = {asks};
    BOOST_TEST(matters(&mail.facts, {}));
}

BOOST_AUTO_TEST_CASE(in_force_the_same_rules_say_what_would_be) {
    auto rules = house_that_observes();
    overrides watch;
    watch.mode = mode::observe;
    watch.encrypt = encrypt::never;
    rules.rules = {rule_for("tickets.example", watch)};
    BOOST_TEST(observes(rules));
    const auto forced = in_force(rules);
    BOOST_TEST(!observes(forced));
    BOOST_TEST(forced.rules.size() == 1U);
    const auto mail = letter{}.to("bob@b.example", absent());
    BOOST_TEST(outline(mail.under(forced)) == "550 5.7.5");
    rules.defaults.mode = mode::enforce;
    BOOST_TEST(observes(rules)); // one rule still does
    BOOST_TEST(!observes(house()));
}

BOOST_AUTO_TEST_CASE(rules_in_force_stay_so_beside_those_that_observe) {
    auto rules = house();
    overrides watch;
    watch.mode = mode::observe;
    watch.encrypt = encrypt::required;
    rules.rules = {rule_for("b.example", watch)};
    const auto mail = letter{}.to("bob@b.example", absent()).to("cara@c.example", found("C"));
    BOOST_TEST(outline(mail.under(rules)) == "sealed 1 | untouched 0");

    // What a rule in force binds is not given away through one that is only tried out.
    overrides required;
    required.encrypt = encrypt::required;
    rules.rules.push_back(rule_for("court.example", required));
    auto bound = letter{}.to("bob@b.example", found("B")).to("a@court.example", found("A"));
    BOOST_TEST(outline(bound.under(rules)) == "sealed 0 1");
    bound.findings[0] = absent();
    BOOST_TEST(outline(bound.under(rules)) == "550 5.7.5");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
