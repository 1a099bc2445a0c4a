// SPDX-License-Identifier: Apache-2.0
// Mail that is held: who waits, what is decided when it is looked at again, and how it ends.
#include "policy/plan.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(held_mail)

namespace {

using namespace std::chrono_literals;

rule_set house_that_holds() {
    auto rules = house();
    auto& defaults = rules.defaults;
    defaults.without_key = defaults.unusable_key = defaults.lookup_failed = fallback::hold;
    defaults.hold_for = 4h;
    return rules;
}

occasion after(std::chrono::seconds waited, promise promised = promise::none) {
    return {answering::as_one, waiting{waited, std::vector<held_as>(5, {promised})}};
}

/// As it was when it was held.
occasion later_than(const plan& came, std::chrono::seconds waited) {
    return {answering::as_one, waiting{waited, came.deliveries.back().held_as}};
}

} // namespace

BOOST_AUTO_TEST_CASE(who_is_held_keeps_nobody_from_theirs) {
    const auto rules = house_that_holds();
    const auto mail = letter{}
                          .to("bob@b.example", temporary())
                          .to("cara@c.example", found("C"))
                          .to("dan@d.example", absent())
                          .to("ben@example.org");
    for (const auto replies : {answering::as_one, answering::each_recipient}) {
        const auto made = mail.under(rules, replies);
        BOOST_TEST(outline(made) == "sealed 1 | cleaned 3 | held 0 2");
        BOOST_TEST(made.decisions[0].reason ==
                   "held: the key could not be looked up and its rule says so (timed out)");
        BOOST_TEST(made.deliveries.back().hold_for == 4h);
        BOOST_CHECK(made.deliveries.back().held_as.front().promise == promise::none);
        BOOST_TEST(made.decisions[0].waits->enhanced == "4.4.3");
        BOOST_TEST(made.decisions[2].waits->enhanced == "4.7.5");
    }
}

BOOST_AUTO_TEST_CASE(a_refusal_of_another_recipient_is_everybodys) {
    auto rules = house_that_holds();
    rules.defaults.without_key = fallback::reject;
    const auto mail = letter{}.to("bob@b.example", temporary()).to("dan@d.example", absent());
    BOOST_TEST(outline(mail.under(rules)) == "550 5.7.5");
    BOOST_TEST(outline(mail.under(rules, answering::each_recipient)) == "held 0 | 550 5.7.5 for 1");
}

BOOST_AUTO_TEST_CASE(what_its_sender_could_not_be_told_of_is_not_held) {
    auto rules = house_that_holds();
    rules.defaults.exempt.reports = false;
    auto mail = letter{}.to("bob@b.example", temporary());
    for (const auto& sender : {std::optional<smtp::mailbox>(), {at("bounce@service.example")}}) {
        mail.envelope.sender = sender;
        const auto made = mail.under(rules);
        BOOST_TEST(outline(made) == "451 4.4.3");
        BOOST_TEST(made.decisions[0].reason ==
                   "refused, since its sender could not be told later: the key could not be looked "
                   "up and its rule says so (timed out)");
        // What is in the spool already is not given back.
        BOOST_TEST(outline(mail.under(rules, after(1h))) == "held 0");
    }
    mail.envelope.sender = at("anna@example.org");
    mail.envelope.recipients[0].parameters = {{"NOTIFY", "NEVER"}};
    BOOST_TEST(outline(mail.under(rules)) == "451 4.4.3");
    mail.envelope.recipients[0].parameters = {{"NOTIFY", "FAILURE"}};
    BOOST_TEST(outline(mail.under(rules)) == "held 0");
}

BOOST_AUTO_TEST_CASE(a_held_message_is_not_let_go_by_a_rule_that_is_tried_out) {
    auto rules = house_that_holds();
    rules.defaults.mode = mode::observe;
    const auto mail = letter{}.to("bob@b.example", temporary());
    BOOST_TEST(outline(mail.under(rules)) == "untouched 0");
    BOOST_TEST(outline(mail.under(rules, after(1h))) == "held 0");
    const auto matters = [&](const occasion& now) {
        return key_matters(rules, mail.origin, mail.envelope, &mail.facts, at("bob@b.example"),
                           now.since);
    };
    BOOST_TEST(!matters(answering::as_one));
    BOOST_TEST(matters(after(1h))); // or its key would never be found
}

BOOST_AUTO_TEST_CASE(it_is_remembered_who_of_those_held_was_bound) {
    auto rules = house_that_holds();
    overrides required;
    required.encrypt = encrypt::required;
    required.scope = scope::recipient;
    required.hold_for = 8h;
    rules.rules = {rule_for("court.example", required)};
    const auto made =
        letter{}.to("bob@b.example", temporary()).to("a@court.example", temporary()).under(rules);
    BOOST_TEST(outline(made) == "held 0 1");
    const auto& held = made.deliveries.front();
    BOOST_REQUIRE_EQUAL(held.held_as.size(), 2U);
    BOOST_CHECK(held.held_as[0].promise == promise::none);
    BOOST_CHECK(held.held_as[1].promise == promise::required);
    BOOST_TEST(held.hold_for == 8h);
    // Each later for themselves, whoever of them is still there.
    auto relaxed = rules;
    relaxed.rules = {};
    relaxed.defaults.without_key = fallback::send;
    const auto later = letter{}.to("bob@b.example", absent()).to("a@court.example", absent());
    BOOST_TEST(outline(later.under(relaxed, later_than(made, 1h))) ==
               "cleaned 0 | 550 5.7.5 for 1");
    for (const auto* const name : {"bob@b.example", "a@court.example"})
        BOOST_TEST(key_matters(relaxed, later.origin, later.envelope, &later.facts, at(name),
                               later_than(made, 1h).since));
}

BOOST_AUTO_TEST_CASE(looked_at_again_each_recipient_is_judged_for_themselves) {
    const auto rules = house_that_holds();
    const auto mail = letter{}
                          .to("bob@b.example", found("B"))
                          .to("cara@c.example", temporary())
                          .to("dan@d.example", found("D"));
    BOOST_TEST(outline(mail.under(rules, after(1h))) == "sealed 0 2 | held 1");
    auto strict = rules;
    strict.defaults.without_key = fallback::reject;
    auto other = mail;
    other.findings[1] = absent();
    BOOST_TEST(outline(other.under(strict, after(1h))) == "sealed 0 2 | 550 5.7.5 for 1");
}

BOOST_AUTO_TEST_CASE(after_hold_for_the_end_is_as_then_says) {
    struct {
        std::optional<keys::finding> about;
        std::chrono::seconds waited;
        hold_end then;
        promise promised;
        std::string_view expected;
    } const table[] = {
        {temporary(), 4h - 1s, hold_end::reject, promise::none, "held 0"},
        {temporary(), 4h, hold_end::reject, promise::none, "550 5.7.5 for 0"},
        {temporary(), 4h, hold_end::send, promise::none, "cleaned 0"},
        {absent(), 5h, hold_end::send, promise::none, "cleaned 0"},
        {unusable(), 5h, hold_end::send, promise::none, "cleaned 0"},
        {unusable(), 5h, hold_end::reject, promise::none, "550 5.7.5 for 0"},
        {{}, 5h, hold_end::send, promise::none, "cleaned 0"},
        // Bound when it came: never in clear, whatever the rules have come to say since.
        {temporary(), 5h, hold_end::send, promise::required, "550 5.7.5 for 0"},
        {absent(), 5h, hold_end::send, promise::required, "550 5.7.5 for 0"},
        {absent(), 1h, hold_end::send, promise::required, "held 0"},
        // For another key or a pin: nor where the finding says less by then.
        {temporary(), 1h, hold_end::send, promise::not_clear, "held 0"},
        {temporary(), 5h, hold_end::send, promise::not_clear, "550 5.7.5 for 0"},
        {not_yet(), 1h, hold_end::send, promise::not_clear, "held 0"},
        {absent(), 1h, hold_end::send, promise::not_clear, "held 0"},
        {absent(), 5h, hold_end::send, promise::not_clear, "550 5.7.5 for 0"},
        {unusable(), 5h, hold_end::send, promise::not_clear, "550 5.7.5 for 0"},
        {{}, 5h, hold_end::send, promise::not_clear, "550 5.7.5 for 0"},
        {found("B"), 5h, hold_end::send, promise::not_clear, "sealed 0"},
        {found("B"), 5h, hold_end::reject, promise::required, "sealed 0"},
        {found("B"), std::chrono::seconds::max(), hold_end::reject, promise::none, "sealed 0"},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT("expected " << row.expected << " after " << row.waited.count()) {
            auto rules = house_that_holds();
            rules.defaults.then = row.then;
            const auto mail = letter{}.to("bob@b.example", row.about);
            BOOST_TEST(outline(mail.under(rules, after(row.waited, row.promised))) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_waits_for_another_key_or_a_pin_never_ends_in_clear) {
    auto rules = house_that_holds();
    rules.defaults.then = hold_end::send;
    rules.defaults.key_change = key_change::hold;
    const auto changed_mail = letter{}.to("bob@b.example", changed("OLD", "NEW"));
    BOOST_TEST(outline(changed_mail.under(rules, after(1h))) == "held 0");
    BOOST_TEST(outline(changed_mail.under(rules, after(4h))) == "550 5.7.5 for 0");

    auto unread = letter{}.to("bob@b.example", found("NEW"));
    unread.findings.front()->may_replace = true;
    unread.findings.front()->from = keys::origin::domain;
    BOOST_TEST(outline(unread.under(rules, after(1h))) == "held 0");
    BOOST_TEST(outline(unread.under(rules, after(4h))) == "550 5.7.5 for 0");

    auto pinned = letter{}.to("bob@b.example", temporary());
    pinned.findings.front()->pinned = true;
    BOOST_TEST(outline(pinned.under(rules, after(1h))) == "held 0");
    BOOST_TEST(outline(pinned.under(rules, after(4h))) == "550 5.7.5 for 0");
}

// Whoever serves the new key could take it away again, and wait for the copy in clear.
BOOST_AUTO_TEST_CASE(what_was_promised_of_another_key_is_kept_when_it_has_gone) {
    auto rules = house();
    rules.defaults.key_change = key_change::hold;
    rules.defaults.then = hold_end::send;
    const auto came = letter{}.to("bob@b.example", changed("OLD", "NEW")).under(rules);
    BOOST_TEST(outline(came) == "held 0");
    BOOST_REQUIRE_EQUAL(came.deliveries.size(), 1U);
    const auto promised = came.deliveries[0].held_as.at(0).promise;
    BOOST_CHECK(promised == promise::not_clear);
    for (const auto& by_then : {absent(), unusable(), temporary(), not_yet()}) {
        const auto mail = letter{}.to("bob@b.example", by_then);
        const auto days = rules.defaults.hold_for + 1s;
        for (const auto& replies : {after(1h, promised), after(days, promised)}) {
            const auto made = mail.under(rules, replies);
            BOOST_TEST(
                (made.decisions[0].refusal || made.decisions[0].treatment == treatment::held));
        }
    }
    // Nor does another rule decide because the key has gone, or claim the mail no more.
    auto by_key = house();
    by_key.defaults.encrypt = encrypt::never;
    overrides known;
    known.encrypt = encrypt::opportunistic;
    known.key_change = key_change::hold;
    known.foreign = true;
    auto whose_key_is_known = rule_for("b.example", known);
    also(whose_key_is_known, {known_key_is{true}});
    by_key.rules = {whose_key_is_known};
    for (const auto& author : {"anna@example.org", "x@far.example"}) {
        auto mail = letter{}.to("bob@b.example", changed("OLD", "NEW"));
        mail.facts.from = these({author});
        const auto held = mail.under(by_key);
        BOOST_TEST(outline(held) == "held 0");
        BOOST_TEST(held.deliveries[0].held_as.at(0).key_was_known);
        mail.findings[0] = absent();
        BOOST_TEST(outline(mail.under(by_key, later_than(held, 1h))) == "held 0");
    }

    auto pinned = letter{}.to("bob@b.example", temporary());
    pinned.findings[0]->pinned = true;
    rules.defaults.lookup_failed = fallback::hold;
    BOOST_CHECK(pinned.under(rules).deliveries[0].held_as.at(0).promise == promise::not_clear);

    // An administrator's later word counts: the reader can read it in clear alone.
    rules.defaults.encrypt = encrypt::never;
    BOOST_TEST(outline(pinned.under(rules, after(1h, promised))) == "cleaned 0");
}

// The rule that held it goes on to decide, though it asks for a key that has gone since.
BOOST_AUTO_TEST_CASE(what_had_to_be_sealed_to_a_known_key_waits_when_that_has_gone) {
    auto rules = house();
    rules.defaults.encrypt = encrypt::never;
    overrides strict;
    strict.encrypt = encrypt::required;
    strict.without_key = strict.lookup_failed = fallback::hold;
    strict.key_change = key_change::hold;
    auto whose_key_is_known = rule_for("b.example", strict);
    also(whose_key_is_known, {known_key_is{true}});
    rules.rules = {whose_key_is_known};
    auto mail = letter{}.to("bob@b.example", changed("OLD", "NEW"));
    const auto came = mail.under(rules);
    BOOST_TEST(outline(came) == "held 0");
    for (const auto& by_then : {temporary(), absent()}) {
        mail.findings[0] = by_then;
        BOOST_TEST(outline(mail.under(rules, later_than(came, 1h))) == "held 0");
    }
}

// A pin does not make a key known that nobody could find, neither then nor later.
BOOST_AUTO_TEST_CASE(what_was_not_known_when_it_came_chooses_no_rule_later) {
    auto rules = house();
    rules.defaults.lookup_failed = fallback::hold;
    overrides strict;
    strict.encrypt = encrypt::required;
    strict.lookup_failed = fallback::reject;
    auto whose_key_is_known = rule_for("b.example", strict);
    also(whose_key_is_known, {known_key_is{true}});
    rules.rules = {whose_key_is_known};
    auto mail = letter{}.to("bob@b.example", temporary());
    mail.findings[0]->pinned = true;
    const auto came = mail.under(rules);
    BOOST_TEST(outline(came) == "held 0");
    BOOST_TEST(!came.deliveries[0].held_as.at(0).key_was_known);
    BOOST_TEST(outline(mail.under(rules, later_than(came, 1h))) == "held 0");
}

// A deferred one has no client any more that could try again.
BOOST_AUTO_TEST_CASE(defer_ends_with_hold_for_too) {
    auto rules = house_that_holds();
    rules.defaults.lookup_failed = fallback::defer;
    const auto mail = letter{}.to("bob@b.example", temporary());
    BOOST_TEST(outline(mail.under(rules, after(1h))) == "451 4.4.3 for 0");
    BOOST_TEST(outline(mail.under(rules, after(4h))) == "550 5.7.5 for 0");
}

BOOST_AUTO_TEST_CASE(a_rule_that_has_been_relaxed_does_not_free_what_was_bound) {
    auto rules = house();
    rules.defaults.encrypt = encrypt::never;
    const auto mail = letter{}.to("bob@b.example", absent());
    BOOST_TEST(outline(mail.under(rules, after(1h))) == "cleaned 0");
    BOOST_TEST(outline(mail.under(rules, after(1h, promise::required))) == "550 5.7.1 for 0");
    auto foreign = mail;
    foreign.facts.from = these({"x@far.example"});
    rules.defaults.encrypt = encrypt::opportunistic;
    BOOST_TEST(outline(foreign.under(rules, after(1h, promise::required))) == "550 5.7.5 for 0");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
