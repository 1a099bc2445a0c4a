// SPDX-License-Identifier: Apache-2.0
// Sealed for everybody outside or for nobody, and who else is asked about for that.
#include "policy/plan.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(all_or_none)

namespace {

rule_set house_of_all() {
    auto rules = house();
    rules.defaults.encrypt = encrypt::all_or_none;
    return rules;
}

} // namespace

BOOST_AUTO_TEST_CASE(all_are_sealed_to_or_none) {
    struct {
        std::optional<keys::finding> other;
        std::string_view expected;
    } const table[] = {{found("C"), "sealed 0 1 | cleaned 2"},
                       {absent(), "cleaned 0 1 2"},
                       {unusable(), "cleaned 0 1 2"},
                       {not_yet(), "cleaned 0 1 2"},
                       {temporary(), "cleaned 2 | held 0 1"}};
    for (const auto& row : table) {
        const auto mail = letter{}
                              .to("bob@b.example", found("B"))
                              .to("cara@c.example", row.other)
                              .to("ben@example.org");
        BOOST_TEST(outline(mail.under(house_of_all())) == row.expected);
    }
    const auto made = letter{}
                          .to("bob@b.example", found("B"))
                          .to("cara@c.example", absent())
                          .under(house_of_all());
    BOOST_TEST(!made.decisions[0].key.has_value());
    BOOST_TEST(made.decisions[0].reason ==
               "its rule seals for all or for none, and <cara@c.example> gets it in clear");
}

BOOST_AUTO_TEST_CASE(who_may_never_be_sealed_to_counts_and_who_is_inside_does_not) {
    auto rules = house_of_all();
    overrides never;
    never.encrypt = encrypt::never;
    rules.rules = {rule_for("tickets.example", never)};
    const auto both =
        letter{}.to("bob@b.example", found("B")).to("in@tickets.example").under(rules);
    BOOST_TEST(outline(both) == "cleaned 0 1");
    const auto inside = letter{}.to("bob@b.example", found("B")).to("ben@example.org").under(rules);
    BOOST_TEST(outline(inside) == "sealed 0 | cleaned 1");
}

// Only those under such a rule hang on the others.
BOOST_AUTO_TEST_CASE(the_others_go_by_their_own_rules) {
    auto rules = house();
    overrides all;
    all.encrypt = encrypt::all_or_none;
    rules.rules = {rule_for("b.example", all)};
    auto mail = letter{}
                    .to("bob@b.example", found("B"))
                    .to("cara@c.example", found("C"))
                    .to("dan@d.example", absent());
    BOOST_TEST(outline(mail.under(rules)) == "sealed 1 | cleaned 0 2");
    mail.findings[2] = temporary();
    BOOST_TEST(outline(mail.under(rules)) == "sealed 1 | held 0 2");
    // Nothing is left to wait for where one gets it in clear in any case.
    mail.to("eve@e.example", absent());
    BOOST_TEST(outline(mail.under(rules)) == "sealed 1 | cleaned 0 3 | held 2");
}

BOOST_AUTO_TEST_CASE(it_never_undoes_what_must_be_sealed) {
    auto rules = house_of_all();
    overrides required;
    required.encrypt = encrypt::required;
    rules.rules = {rule_for("court.example", required)};
    const auto bound =
        letter{}.to("a@court.example", found("A")).to("bob@b.example", absent()).under(rules);
    BOOST_TEST(outline(bound) == "550 5.7.5");

    // Who is bound gets it sealed or not at all: no reason to wait, none to go in clear.
    rules.rules = {};
    required.scope = scope::recipient;
    rules.rules = {rule_for("court.example", required)};
    auto mail = letter{}.to("a@court.example", temporary()).to("bob@b.example", found("B"));
    BOOST_TEST(outline(mail.under(rules)) == "sealed 1 | held 0");
    mail.findings = {found("A"), absent()};
    BOOST_TEST(outline(mail.under(rules)) == "sealed 0 | cleaned 1");
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_pin_or_another_key_goes_on_waiting) {
    auto rules = house_of_all();
    rules.defaults.key_change = key_change::hold;
    auto pinned = temporary();
    pinned.pinned = true;
    const auto mail = letter{}
                          .to("bob@b.example", changed("OLD", "NEW"))
                          .to("cara@c.example", pinned)
                          .to("dan@d.example", absent())
                          .to("eve@e.example", temporary());
    rules.defaults.lookup_failed = fallback::hold;
    BOOST_TEST(outline(mail.under(rules)) == "cleaned 2 3 | held 0 1");

    // Nor does it leave in clear where the pinned key is there.
    auto there = found("P");
    there.pinned = true;
    const auto both = letter{}.to("bob@b.example", there).to("dan@d.example", absent());
    BOOST_TEST(outline(both.under(rules)) == "sealed 0 | cleaned 1");
}

// Whoever is sealed to or gets nothing in the end gives no reason to wait.
BOOST_AUTO_TEST_CASE(nobody_waits_for_who_never_gets_it_in_clear) {
    auto rules = house_of_all();
    rules.defaults.key_change = key_change::hold;
    auto pinned = temporary();
    pinned.pinned = true;
    for (const auto& other : {pinned, changed("OLD", "NEW")}) {
        const auto mail = letter{}.to("bob@b.example", found("B")).to("cara@c.example", other);
        BOOST_TEST(outline(mail.under(rules)) == "sealed 0 | held 1");
    }
}

// The client comes again for whom it has heard 451, and then they may get it in clear.
BOOST_AUTO_TEST_CASE(who_may_be_served_later_counts_wherever_the_mail_waits) {
    auto rules = house_of_all();
    const auto mail = letter{}.to("bob@b.example", found("B")).to("cara@c.example", temporary());
    rules.defaults.lookup_failed = fallback::defer;
    BOOST_TEST(outline(mail.under(rules)) == "451 4.4.3");
    BOOST_TEST(outline(mail.under(rules, answering::each_recipient)) == "held 0 | 451 4.4.3 for 1");
    rules.defaults.lookup_failed = fallback::hold;
    auto untellable = mail;
    untellable.envelope.sender = at("bounce@service.example");
    BOOST_TEST(outline(untellable.under(rules, answering::each_recipient)) ==
               "451 4.4.3 for 0 | 451 4.4.3 for 1");
    auto alone = letter{}.to("bob@b.example", found("B"));
    alone.facts.visible = these({"bob@b.example", "cara@c.example"});
    alone.findings.push_back(temporary());
    alone.envelope.sender = untellable.envelope.sender;
    BOOST_TEST(outline(alone.under(rules, answering::each_recipient)) == "451 4.4.3 for 0");
}

BOOST_AUTO_TEST_CASE(who_waits_for_the_others_is_held_only_where_their_sender_can_be_told) {
    auto mail = letter{}.to("bob@b.example", found("B")).to("cara@c.example", temporary());
    mail.envelope.recipients[0].parameters = {{"NOTIFY", "NEVER"}};
    const auto made = mail.under(house_of_all());
    BOOST_TEST(outline(made) == "451 4.4.3");
    BOOST_TEST(made.decisions[0].reason ==
               "refused, since its sender could not be told later: its rule seals for all or for "
               "none, and another recipient waits");
}

BOOST_AUTO_TEST_CASE(a_refusal_counts_as_nobody) {
    auto rules = house_of_all();
    rules.defaults.without_key = fallback::reject;
    const auto mail = letter{}.to("bob@b.example", found("B")).to("dan@d.example", absent());
    BOOST_TEST(outline(mail.under(rules)) == "550 5.7.5");
    BOOST_TEST(outline(mail.under(rules, answering::each_recipient)) ==
               "sealed 0 | 550 5.7.5 for 1");
}

BOOST_AUTO_TEST_CASE(over_lmtp_to_and_cc_are_judged_too) {
    const auto rules = house_of_all();
    auto mail = letter{}.to("bob@b.example", found("B"));
    mail.facts.visible = these(
        {"bob@B.example", "cara@c.example", "Cara@C.example", "ben@example.org", "dan@d.example"});
    const auto also = also_judged(rules, mail.envelope, mail.facts, answering::each_recipient);
    BOOST_CHECK(also == these({"cara@c.example", "dan@d.example"}));
    BOOST_TEST(also_judged(rules, mail.envelope, mail.facts, answering::as_one).empty());
    BOOST_TEST(also_judged(house(), mail.envelope, mail.facts, answering::each_recipient).empty());

    struct {
        std::optional<keys::finding> cara, dan;
        std::string_view expected;
    } const table[] = {{found("C"), found("D"), "sealed 0"},
                       {found("C"), absent(), "cleaned 0"},
                       {temporary(), found("D"), "held 0"},
                       {temporary(), absent(), "cleaned 0"}};
    for (const auto& row : table) {
        auto tried = mail;
        tried.findings = {found("B"), row.cara, row.dan};
        const auto made = tried.under(rules, answering::each_recipient);
        BOOST_TEST(outline(made) == row.expected);
        BOOST_TEST(made.decisions.size() == 1U);
        BOOST_TEST(outline(tried.under(rules)) == "sealed 0");
    }
    // What they may not have is told to those who send it to them.
    auto strict = rules;
    strict.defaults.without_key = fallback::reject;
    mail.findings = {found("B"), found("C"), absent()};
    BOOST_TEST(outline(mail.under(strict, answering::each_recipient)) == "sealed 0");
}

BOOST_AUTO_TEST_CASE(a_rule_alone_may_ask_for_all_or_none) {
    auto rules = house();
    overrides all;
    all.encrypt = encrypt::all_or_none;
    rules.rules = {rule_for("b.example", all)};
    auto mail = letter{}.to("bob@b.example", found("B"));
    mail.facts.visible = these({"cara@c.example"});
    BOOST_TEST(also_judged(rules, mail.envelope, mail.facts, answering::each_recipient).size() ==
               1U);
}

BOOST_AUTO_TEST_CASE(of_too_many_nobody_can_say) {
    const auto rules = house_of_all();
    auto mail = letter{}.to("bob@b.example", found("B"));
    for (std::size_t i = 0; i < max_also_judged; ++i)
        mail.facts.visible.push_back(at("r" + std::to_string(i) + "@c.example"));
    const auto everybody = [&] {
        const auto also = also_judged(rules, mail.envelope, mail.facts, answering::each_recipient);
        mail.findings = {found("B")};
        for (const auto& one : also)
            mail.findings.emplace_back(found(one.local_part));
        return outline(mail.under(rules, answering::each_recipient));
    };
    BOOST_TEST(everybody() == "sealed 0");
    mail.facts.visible.push_back(at("more@c.example"));
    mail.facts.visible.push_back(at("evenmore@c.example"));
    BOOST_TEST(everybody() == "cleaned 0");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
