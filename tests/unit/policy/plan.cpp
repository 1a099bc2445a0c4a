// SPDX-License-Identifier: Apache-2.0
// What each recipient gets: the table at the head of policy/plan.cpp, line by line.
#include "policy/plan.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(plans)

namespace {

rule_set house_where(std::string_view to, overrides set) {
    auto rules = house();
    rules.rules = {rule_for(to, std::move(set))};
    return rules;
}

overrides says(encrypt what) {
    overrides set;
    set.encrypt = what;
    return set;
}

} // namespace

BOOST_AUTO_TEST_CASE(mail_that_stays_inside_is_untouched_even_under_strict_rules) {
    auto rules = house();
    rules.defaults.encrypt = encrypt::required;
    rules.defaults.headers = message::profile::strict;
    const auto made = letter{}.to("ben@example.org").to("cleo@lab.example.org").under(rules);
    BOOST_TEST(outline(made) == "untouched 0 1");
    BOOST_TEST(made.decisions.front().rule == "local domain");
}

BOOST_AUTO_TEST_CASE(no_recipients_make_no_deliveries) {
    const auto made = letter{}.under(house());
    BOOST_TEST(outline(made) == "");
    BOOST_TEST(made.decisions.empty());
}

BOOST_AUTO_TEST_CASE(whose_mail_it_is_the_header_from_says) {
    using senders = std::vector<smtp::mailbox>;
    struct {
        std::string_view what;
        std::optional<smtp::mailbox> sender;
        senders from;
        std::string_view expected;
    } const table[] = {
        {"ours", at("anna@example.org"), these({"anna@example.org"}), "sealed 0"},
        {"forwarded by us", at("anna@example.org"), these({"x@far.example"}), "untouched 0"},
        {"forwarded with its sender", at("x@far.example"), these({"x@far.example"}), "untouched 0"},
        {"two authors, one ours", at("x@far.example"), these({"x@far.example", "anna@example.org"}),
         "sealed 0"},
        {"ours through a service", at("bounce@service.example"), these({"anna@example.org"}),
         "sealed 0"},
        {"unreadable From, our sender", at("anna@example.org"), {}, "sealed 0"},
        {"unreadable From, foreign sender", at("x@far.example"), {}, "untouched 0"},
        {"unreadable From, null sender: ours, but exempt", {}, {}, "cleaned 0"},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.what) {
            auto mail = letter{}.to("bob@b.example", found("B"));
            mail.envelope.sender = row.sender;
            mail.facts.from = row.from;
            BOOST_TEST(outline(mail.under(house())) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(required_binds_foreign_mail_only_where_the_rule_claims_it) {
    auto mail = letter{}.to("clerk@court.example", absent()).to("bob@b.example", absent());
    mail.facts.from = these({"x@far.example"});
    auto set = says(encrypt::required);
    BOOST_TEST(outline(mail.under(house_where("court.example", set))) == "untouched 0 1");
    set.foreign = true;
    BOOST_TEST(outline(mail.under(house_where("court.example", set))) == "550 5.7.5");

    // Claimed and sealed to one, the content must not leave in clear to the other.
    mail.findings = {found("C"), found("B")};
    BOOST_TEST(outline(mail.under(house_where("court.example", set))) == "sealed 0 1");
    // And a claim that does not require anything is about the matched recipient only.
    set.encrypt = encrypt::opportunistic;
    BOOST_TEST(outline(mail.under(house_where("court.example", set))) == "sealed 0 | untouched 1");
}

BOOST_AUTO_TEST_CASE(findings_and_fallbacks_decide) {
    struct {
        std::optional<keys::finding> about;
        fallback set;
        std::string_view opportunistic, required;
    } const table[] = {
        {found("B"), fallback::reject, "sealed 0", "sealed 0"},
        {absent(), fallback::send, "cleaned 0", "550 5.7.5"},
        {absent(), fallback::hold, "held 0", "held 0"},
        {absent(), fallback::defer, "451 4.7.5", "451 4.7.5"},
        {absent(), fallback::reject, "550 5.7.5", "550 5.7.5"},
        {unusable(), fallback::send, "cleaned 0", "550 5.7.5"},
        {unusable(), fallback::hold, "held 0", "held 0"},
        {unusable(), fallback::defer, "451 4.7.5", "451 4.7.5"},
        {unusable(), fallback::reject, "550 5.7.5", "550 5.7.5"},
        {temporary(), fallback::send, "cleaned 0", "451 4.4.3"},
        {temporary(), fallback::hold, "held 0", "held 0"},
        {temporary(), fallback::defer, "451 4.4.3", "451 4.4.3"},
        {temporary(), fallback::reject, "550 5.7.5", "550 5.7.5"},
        {not_yet(), fallback::send, "cleaned 0", "451 4.4.3"},
        {not_yet(), fallback::hold, "held 0", "held 0"},
        {not_yet(), fallback::reject, "550 5.7.5", "550 5.7.5"},
        // Nobody asked, and "found" without a certificate: not known.
        {{}, fallback::send, "cleaned 0", "451 4.4.3"},
        {{}, fallback::hold, "held 0", "held 0"},
        {keys::finding{keys::outcome::found, {}, "", ""}, fallback::hold, "held 0", "held 0"},
    };
    for (const auto& row : table) {
        const auto shown = row.about ? static_cast<int>(row.about->result) : -1;
        BOOST_TEST_CONTEXT("outcome " << shown << ", fallback " << static_cast<int>(row.set)) {
            const auto mail = letter{}.to("bob@b.example", row.about);
            auto rules = house();
            auto& defaults = rules.defaults;
            defaults.without_key = defaults.unusable_key = defaults.lookup_failed = row.set;
            BOOST_TEST(outline(mail.under(rules)) == row.opportunistic);
            defaults.encrypt = encrypt::required;
            BOOST_TEST(outline(mail.under(rules)) == row.required);
        }
    }
}

BOOST_AUTO_TEST_CASE(each_outcome_reads_its_own_fallback) {
    auto rules = house();
    rules.defaults.without_key = fallback::send;
    rules.defaults.unusable_key = fallback::reject;
    rules.defaults.lookup_failed = fallback::defer;
    BOOST_TEST(outline(letter{}.to("b@b.example", absent()).under(rules)) == "cleaned 0");
    BOOST_TEST(outline(letter{}.to("b@b.example", unusable()).under(rules)) == "550 5.7.5");
    BOOST_TEST(outline(letter{}.to("b@b.example", temporary()).under(rules)) == "451 4.4.3");
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_a_keyserver_but_who_must_be_sealed_to) {
    auto rules = house(); // without_key: send, lookup_failed: hold
    const auto mail = letter{}.to("b@b.example", not_yet());
    const auto made = mail.under(rules);
    BOOST_TEST(outline(made) == "cleaned 0");
    BOOST_TEST(made.decisions.front().reason == "no key is known yet, sent in clear (asked later)");
    rules.defaults.without_key = fallback::hold; // nothing is to be sent in clear
    BOOST_TEST(outline(mail.under(rules)) == "held 0");
    rules.defaults.without_key = fallback::send;
    rules.defaults.encrypt = encrypt::required;
    BOOST_TEST(outline(mail.under(rules)) == "held 0");

    // Bound by the other recipient's rule.
    auto both = letter{}.to("b@b.example", not_yet()).to("c@c.example", found("C"));
    BOOST_TEST(outline(both.under(house_where("c.example", says(encrypt::required)))) ==
               "sealed 1 | held 0");
}

BOOST_AUTO_TEST_CASE(who_has_a_pinned_key_gets_nothing_in_clear_for_want_of_it) {
    auto rules = house();
    rules.defaults.lookup_failed = fallback::send; // and so are the others
    struct {
        keys::finding about;
        std::string_view expected;
    } const table[] = {
        {found("B"), "sealed 0"},
        {absent(), "550 5.7.5"},
        {unusable(), "550 5.7.5"},
        {temporary(), "451 4.4.3"},
    };
    for (const auto& row : table) {
        auto mail = letter{}.to("bob@b.example", row.about);
        mail.findings.front()->pinned = true;
        const auto made = mail.under(rules);
        BOOST_TEST(outline(made) == row.expected);
        if (made.refusal)
            BOOST_TEST(made.decisions.front().reason.find(" and its key is pinned (") !=
                       std::string::npos);
        // It binds nobody else, and a rule that says never still says so.
        mail.to("eve@e.example", absent());
        BOOST_TEST(outline(mail.under(rules, answering::each_recipient)).find("cleaned 1") !=
                   std::string::npos);
        rules.defaults.encrypt = encrypt::never;
        BOOST_TEST(outline(mail.under(rules)) == "cleaned 0 1");
        rules.defaults.encrypt = encrypt::opportunistic;
    }
}

BOOST_AUTO_TEST_CASE(required_binds_everybody_outside_or_only_whom_it_matches) {
    auto set = says(encrypt::required);
    auto mail = letter{}.to("clerk@court.example", found("C")).to("bob@b.example", absent());
    BOOST_TEST(outline(mail.under(house_where("court.example", set))) == "550 5.7.5");
    set.scope = scope::recipient;
    BOOST_TEST(outline(mail.under(house_where("court.example", set))) == "sealed 0 | cleaned 1");

    // Colleagues inside are not outside.
    set.scope = scope::message;
    mail = letter{}.to("clerk@court.example", found("C")).to("ben@example.org");
    BOOST_TEST(outline(mail.under(house_where("court.example", set))) == "sealed 0 | cleaned 1");

    // A rule that matches a colleague binds nobody outside.
    mail = letter{}.to("ben@example.org").to("bob@b.example", absent());
    BOOST_TEST(outline(mail.under(house_where("ben@example.org", set))) == "cleaned 0 1");
}

BOOST_AUTO_TEST_CASE(with_a_reply_for_each_only_who_cannot_be_sealed_to_is_refused) {
    auto rules = house();
    rules.defaults.without_key = fallback::reject;
    const auto mail = letter{}
                          .to("bob@b.example", found("B"))
                          .to("eve@e.example", absent())
                          .to("dan@d.example", temporary())
                          .to("ben@example.org");
    BOOST_TEST(outline(mail.under(rules)) == "550 5.7.5");
    BOOST_TEST(outline(mail.under(rules, answering::each_recipient)) ==
               "sealed 0 | cleaned 3 | held 2 | 550 5.7.5 for 1");
}

BOOST_AUTO_TEST_CASE(with_a_reply_for_each_required_binds_what_its_scope_says) {
    auto set = says(encrypt::required);
    auto mail = letter{}.to("clerk@court.example", absent()).to("bob@b.example", found("B"));
    // A clear copy for nobody, and no sealed one either: the message is refused to everybody.
    BOOST_TEST(outline(mail.under(house_where("court.example", set), answering::each_recipient)) ==
               "550 5.7.5");
    mail.findings = {found("C"), temporary()};
    auto rules = house_where("court.example", set);
    BOOST_TEST(outline(mail.under(rules, answering::each_recipient)) == "sealed 0 | held 1");
    rules.defaults.lookup_failed = fallback::defer;
    BOOST_TEST(outline(mail.under(rules, answering::each_recipient)) == "451 4.4.3");

    set.scope = scope::recipient;
    mail.findings = {absent(), found("B")};
    BOOST_TEST(outline(mail.under(house_where("court.example", set), answering::each_recipient)) ==
               "sealed 1 | 550 5.7.5 for 0");
}

BOOST_AUTO_TEST_CASE(who_stands_in_the_header_binds_though_served_before) {
    // Over LMTP, the court has got its copy; Carol was deferred, and is tried again alone.
    auto set = says(encrypt::required);
    auto rules = house_where("court.example", set);
    letter again;
    again.to("carol@example.net", absent());
    BOOST_TEST(outline(again.under(rules, answering::each_recipient)) == "cleaned 0");
    again.facts.visible.push_back(at("judge@court.example"));
    for (const auto replies : {answering::as_one, answering::each_recipient})
        BOOST_TEST(outline(again.under(rules, replies)).find("cleaned") == std::string::npos);
    BOOST_TEST(outline(again.under(rules)) == "550 5.7.5");
    again.findings[0] = found("AA");
    BOOST_TEST(outline(again.under(rules, answering::each_recipient)) == "sealed 0");
    set.scope = scope::recipient;
    rules = house_where("court.example", set);
    again.findings[0] = absent();
    BOOST_TEST(outline(again.under(rules, answering::each_recipient)) == "cleaned 0");
}

BOOST_AUTO_TEST_CASE(who_is_refused_alone_changes_nothing_for_colleagues) {
    auto rules = house();
    rules.defaults.without_key = fallback::reject;
    const auto mail = letter{}.to("eve@e.example", absent()).to("ben@example.org");
    BOOST_TEST(outline(mail.under(rules, answering::each_recipient)) ==
               "untouched 1 | 550 5.7.5 for 0");
}

BOOST_AUTO_TEST_CASE(never_is_clear_and_stands_in_the_way_of_a_bound_message) {
    auto rules = house_where("tickets.example", says(encrypt::never));
    auto mail = letter{}.to("help@tickets.example", found("T"));
    BOOST_TEST(outline(mail.under(rules)) == "cleaned 0");

    rules.rules.push_back(rule_for("court.example", says(encrypt::required)));
    mail.to("clerk@court.example", found("C"));
    const auto refused = mail.under(rules);
    BOOST_TEST(outline(refused) == "550 5.7.1");
    BOOST_TEST(refused.refusal->lines.front() ==
               "<help@tickets.example>: this message must be encrypted, but this recipient cannot "
               "read encrypted mail");
}

BOOST_AUTO_TEST_CASE(what_is_encrypted_already_satisfies_required) {
    auto rules = house();
    rules.defaults.encrypt = encrypt::required;
    auto mail = letter{}.to("bob@b.example", absent());
    mail.facts.protected_as = message::protection::encrypted;
    BOOST_TEST(outline(mail.under(rules)) == "cleaned 0");
    // A signature alone hides nothing.
    mail.facts.protected_as = message::protection::is_signed;
    BOOST_TEST(outline(mail.under(rules)) == "550 5.7.5");
}

BOOST_AUTO_TEST_CASE(exempt_classes_are_clear_until_switched_off_or_bound) {
    struct {
        std::string_view what;
        void (*make)(letter&);
        bool exemptions::*switched;
    } const table[] = {
        {"report", [](letter& mail) { mail.facts.report = true; }, &exemptions::reports},
        {"null sender", [](letter& mail) { mail.envelope.sender.reset(); }, &exemptions::reports},
        {"invitation", [](letter& mail) { mail.facts.invitation = true; },
         &exemptions::invitations},
        {"list", [](letter& mail) { mail.facts.list = true; }, &exemptions::lists},
        {"key exchange", [](letter& mail) { mail.facts.key_exchange = true; },
         &exemptions::key_exchange},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.what) {
            auto mail = letter{}.to("bob@b.example", found("B"));
            row.make(mail);
            auto rules = house();
            BOOST_TEST(outline(mail.under(rules)) == "cleaned 0");
            rules.defaults.exempt.*row.switched = false;
            BOOST_TEST(outline(mail.under(rules)) == "sealed 0");
            rules.defaults.exempt.*row.switched = true;
            rules.defaults.encrypt = encrypt::required;
            BOOST_TEST(outline(mail.under(rules)) == "sealed 0");
            mail.findings = {absent()};
            BOOST_TEST(outline(mail.under(rules)) == "550 5.7.5");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_part_of_a_message_is_clear_or_refused) {
    auto mail = letter{}.to("bob@b.example", found("B"));
    mail.facts.fragment = true;
    auto rules = house();
    BOOST_TEST(outline(mail.under(rules)) == "cleaned 0");
    rules.defaults.encrypt = encrypt::required;
    BOOST_TEST(outline(mail.under(rules)) == "550 5.7.1");
}

BOOST_AUTO_TEST_CASE(a_decision_says_which_rule_which_key_and_why) {
    const auto made = letter{}
                          .to("bob@b.example", found("B"))
                          .to("ben@example.org")
                          .to("eve@e.example", absent())
                          .under(house_where("b.example", {}));
    const auto& [bob, ben, eve] = std::tie(made.decisions[0], made.decisions[1], made.decisions[2]);
    BOOST_TEST(bob.rule == "the rule for b.example");
    BOOST_TEST(bob.key.value().fingerprint == "B");
    BOOST_TEST(bob.key_source == "wkd");
    BOOST_TEST(bob.reason == "a usable key was found (WKD served it)");
    BOOST_TEST(ben.reason == "inside the local domains");
    BOOST_TEST(eve.rule == "defaults");
    BOOST_TEST(eve.reason == "no key, sent in clear (404)");
    BOOST_TEST(!eve.key.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
