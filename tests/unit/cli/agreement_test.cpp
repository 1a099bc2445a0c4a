// SPDX-License-Identifier: Apache-2.0
// `explain` and `run` plan the same. Invented policies and mails are put to both: to `run` as a
// conversation over SMTP or LMTP, to `explain` as its options. The seed is fixed, so that a
// disagreement can be looked at again.
#include "cli/explanation.hpp"
#include "cli/supposed_finding.hpp"
#include "cli/supposed_mail.hpp"
#include "message/example_letter.hpp"

#include "invented_mail.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <vector>

using namespace postseal;

BOOST_AUTO_TEST_SUITE(agreement)

namespace {

constexpr unsigned seed = 20261126;
constexpr int mails_tried = 4'000;

relay::findings find(const relay::settings& under, const relay::policy_question& asked,
                     const test::invented_mail& mail) {
    const auto addresses = relay::addresses_of(under.policy, asked);
    relay::findings found(addresses.size());
    for (const auto i : relay::keys_wanted(under.policy, asked))
        found[i] =
            cli::suppose_finding(mail.keys[i % mail.keys.size()], addresses[i], under.policy);
    return found;
}

struct planned {
    relay::policy_question asked;
    relay::findings found;
    policy::plan plan;
    std::vector<std::vector<policy::rule_trace>> traced{}; ///< as explain shows it
};

planned as_run_does(const relay::settings& under, const test::invented_mail& mail) {
    const auto said = test::converse(under.listeners[mail.listener], mail);
    planned made;
    made.asked = relay::put_question(said.origin, said.envelope, said.message, said.answers);
    made.found = find(under, made.asked, mail);
    made.plan = relay::make_plan(under.policy, made.asked, made.found);
    return made;
}

planned as_explain_does(const relay::settings& under, const test::invented_mail& mail) {
    const auto options = test::options_for(under.listeners[mail.listener], mail);
    auto supposed = cli::suppose(options.over, under.listeners);
    auto given = cli::supposed_mail(options, supposed, under.limits);
    // As the file that the options would name.
    given.message = message::with_crlf(mail.file);
    auto asked = cli::put_question(supposed, given.envelope, given.message);
    auto found = find(under, asked, mail);
    auto made = cli::explain(under, std::move(supposed), std::move(asked), std::move(found),
                             given.message, 0);
    cli::trace_rules(made, under.policy);
    return {std::move(made.asked), std::move(made.found), std::move(made.plan),
            std::move(made.traced)};
}

// Where a rule of the policy decides, it is the last one that is shown, and the only one that
// holds.
void expect_trace_of_decisions(const relay::settings& under, const planned& explained) {
    for (const auto& decided : explained.plan.decisions) {
        const auto& traced = explained.traced[decided.recipient];
        const auto holds = [](const policy::rule_trace& one) {
            return one.answer == policy::truth::yes;
        };
        const auto names_it = [&](const policy::rule& one) { return one.name == decided.rule; };
        if (std::ranges::none_of(under.policy.rules, names_it)) continue;
        BOOST_REQUIRE(!traced.empty());
        BOOST_TEST(traced.back().rule == decided.rule);
        BOOST_TEST(std::ranges::count_if(traced, holds) == 1);
        BOOST_TEST(traced.size() <= under.policy.rules.size());
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(explain_and_run_plan_every_mail_alike) {
    BOOST_TEST_MESSAGE("seed " << seed);
    test::inventor invent(seed);
    std::set<std::string> seen;
    for (int i = 0; i < mails_tried; ++i) {
        const auto under = invent.settings();
        const auto mail = invent.mail();
        const auto run = as_run_does(under, mail);
        const auto explained = as_explain_does(under, mail);
        BOOST_TEST_CONTEXT("mail " << i << " of seed " << seed << ":\n" << mail.file) {
            BOOST_REQUIRE_EQUAL(test::shown(explained.asked), test::shown(run.asked));
            BOOST_REQUIRE_EQUAL(test::shown(explained.plan), test::shown(run.plan));
            expect_trace_of_decisions(under, explained);
        }
        test::note_kinds(run.plan, seen);
    }
    // All that can become of a recipient was really tried.
    for (const std::string kind :
         {"sealed", "cleaned", "untouched", "451", "550", "451 alone", "550 alone", "blind",
          "changed", "protected", "several", "another's key", "no key of another"})
        BOOST_TEST(seen.count(kind) == 1U, kind);
}

BOOST_AUTO_TEST_SUITE_END()
