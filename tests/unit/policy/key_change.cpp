// SPDX-License-Identifier: Apache-2.0
// Another key than the one that mail was sealed to: accepted, accepted with a word, or held.
#include "policy/plan.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(key_changes)

namespace {

rule_set house_that(key_change answer) {
    auto rules = house();
    rules.defaults.key_change = answer;
    return rules;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_setting_decides_about_a_changed_key) {
    struct {
        key_change set;
        encrypt how;
        std::string_view expected;
        bool told;
    } const table[] = {
        {key_change::accept, encrypt::opportunistic, "sealed 0", false},
        {key_change::accept, encrypt::required, "sealed 0", false},
        {key_change::accept, encrypt::never, "cleaned 0", false},
        {key_change::warn, encrypt::opportunistic, "sealed 0", true},
        {key_change::warn, encrypt::required, "sealed 0", true},
        {key_change::warn, encrypt::never, "cleaned 0", false},
        {key_change::hold, encrypt::opportunistic, "held 0", true},
        {key_change::hold, encrypt::required, "held 0", true},
        {key_change::hold, encrypt::never, "cleaned 0", false},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT("key_change " << static_cast<int>(row.set) << ", encrypt "
                                         << static_cast<int>(row.how)) {
            auto rules = house_that(row.set);
            rules.defaults.encrypt = row.how;
            // No fallback has a say.
            rules.defaults.without_key = rules.defaults.unusable_key =
                rules.defaults.lookup_failed = fallback::send;
            const auto made = letter{}.to("bob@b.example", changed("OLD", "NEW")).under(rules);
            BOOST_TEST(outline(made) == row.expected);
            const auto& told = made.decisions.front().change;
            BOOST_REQUIRE_EQUAL(told.has_value(), row.told);
            if (!told) continue;
            BOOST_TEST(told->before == "OLD");
            BOOST_TEST(told->now == "NEW");
            BOOST_TEST(told->source == "wkd");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_key_is_sealed_to_with_a_word_unless_somebody_has_said_otherwise) {
    BOOST_CHECK(settings{}.key_change == key_change::warn);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_the_same_or_the_first_is_not_held) {
    const auto rules = house_that(key_change::hold);
    const auto made = letter{}.to("bob@b.example", found("B")).under(rules);
    BOOST_TEST(outline(made) == "sealed 0");
    BOOST_TEST(!made.decisions.front().change.has_value());
    BOOST_TEST(outline(letter{}.to("eve@e.example", absent()).under(rules)) == "cleaned 0");
}

BOOST_AUTO_TEST_CASE(a_key_of_which_nobody_can_say_whether_it_is_another_one_waits_with_hold) {
    for (const auto answer : {fallback::send, fallback::defer, fallback::reject}) {
        auto rules = house_that(key_change::hold);
        rules.defaults.without_key = rules.defaults.unusable_key = rules.defaults.lookup_failed =
            answer;
        rules.defaults.note = "Ask security@example.org";
        auto mail = letter{}.to("bob@b.example", found("NEW"));
        auto& about = *mail.findings.front();
        about.may_replace = true;
        about.from = keys::origin::domain;
        const auto made = mail.under(rules);
        BOOST_TEST(outline(made) == "held 0"); // whatever a fallback says
        BOOST_TEST(made.decisions.front().note == "Ask security@example.org");
        BOOST_TEST(made.decisions.front().reason ==
                   "held: the key store cannot be read, so this may be another key than before, "
                   "and its rule holds those (WKD served it)");
        about.from = keys::origin::administrator; // who has put it there has accepted it
        BOOST_TEST(outline(mail.under(rules)) == "sealed 0");
        about.from = keys::origin::domain;
        for (const auto other : {key_change::accept, key_change::warn})
            BOOST_TEST(outline(mail.under(house_that(other))) == "sealed 0");
    }
}

BOOST_AUTO_TEST_CASE(whose_word_the_new_key_is_counts) {
    struct {
        keys::origin from;
        std::string_view expected;
    } const table[] = {{keys::origin::administrator, "sealed 0"},
                       {keys::origin::domain, "held 0"},
                       {keys::origin::third_party, "held 0"}};
    for (const auto& row : table) {
        auto mail = letter{}.to("bob@b.example", changed("OLD", "NEW"));
        mail.findings.front()->from = row.from;
        BOOST_TEST(outline(mail.under(house_that(key_change::hold))) == row.expected);
    }
}

BOOST_AUTO_TEST_CASE(one_changed_key_holds_one_recipient_and_the_others_are_served) {
    const auto rules = house_that(key_change::hold);
    const auto mail = letter{}
                          .to("bob@b.example", changed("OLD", "NEW"))
                          .to("cara@c.example", found("C"))
                          .to("eve@e.example", absent());
    for (const auto replies : {answering::as_one, answering::each_recipient})
        BOOST_TEST(outline(mail.under(rules, replies)) == "sealed 1 | cleaned 2 | held 0");
}

BOOST_AUTO_TEST_CASE(a_rule_may_hold_some_and_accept_others) {
    auto rules = house();
    overrides hold;
    hold.key_change = key_change::hold;
    hold.note = "Ask security@example.org";
    rules.rules = {rule_for("b.example", hold)};
    auto mail = letter{}.to("eve@e.example", changed("OLD", "NEW"));
    BOOST_TEST(outline(mail.under(rules)) == "sealed 0");
    mail.to("bob@b.example", changed("OLD", "NEW"));
    const auto made = mail.under(rules);
    BOOST_TEST(outline(made) == "sealed 0 | held 1");
    BOOST_REQUIRE(made.decisions[1].waits.has_value());
    const std::vector<std::string> expected{
        "<bob@b.example>: this recipient's new OpenPGP key NEW is not accepted yet",
        "The message is kept here until the administrator of this server has accepted the key"};
    BOOST_TEST(made.decisions[1].waits->lines == expected, boost::test_tools::per_element());
    BOOST_TEST(made.decisions[1].waits->code == 451);
    BOOST_TEST(made.decisions[1].reason ==
               "held: the key has changed, and its rule says so (WKD served it)");
    BOOST_TEST(!made.decisions[1].key.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
