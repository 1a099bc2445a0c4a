// SPDX-License-Identifier: Apache-2.0
// What must be true of every plan for a message that was held before.
#include "policy/plan.hpp"
#include "policy/standing.hpp"

#include "inventor.hpp"

#include <map>
#include <string>

namespace postseal::policy {

BOOST_AUTO_TEST_SUITE(held_properties)

// A held message is planned again, under rules that may have changed and with anything that may be
// known of keys by then.
BOOST_AUTO_TEST_CASE(what_was_bound_when_it_was_held_never_leaves_in_clear_later) {
    inventor invent{11};
    int sealed = 0;
    int refused = 0;
    for (int i = 0; i < plans_tried; ++i) {
        const auto rules = invent.rules();
        const auto mail = invent.mail();
        const std::chrono::seconds waited{static_cast<long>(invent.below(200'000))};
        if (mail.facts.protected_as == message::protection::encrypted) continue;
        const auto made =
            mail.under(rules, occasion{answering::as_one,
                                       waiting{waited, std::vector<held_as>(mail.findings.size(),
                                                                            {promise::required})}});
        BOOST_TEST_INFO("plan " << i << ": " << outline(made));
        BOOST_REQUIRE(!made.refusal);
        for (const auto& one : made.decisions) {
            if (is_local(rules, mail.envelope.recipients[one.recipient].address)) continue;
            if (one.refusal) {
                ++refused;
                continue;
            }
            sealed += one.treatment == treatment::sealed ? 1 : 0;
            BOOST_REQUIRE(one.treatment == treatment::sealed || one.treatment == treatment::held);
            if (one.treatment == treatment::held) BOOST_REQUIRE(waited < std::chrono::hours(24));
        }
    }
    BOOST_TEST(sealed > plans_tried / 10);
    BOOST_TEST(refused > plans_tried / 10);
}

// An administrator who says never, exempts it, or has it opted out says that its reader needs it in
// clear; and what is encrypted already is no clear copy. But none of it hangs on the finding.
BOOST_AUTO_TEST_CASE(what_waits_for_another_key_never_leaves_in_clear_by_what_is_known_later) {
    inventor invent{12};
    int sealed = 0;
    int refused = 0;
    for (int i = 0; i < plans_tried; ++i) {
        const auto rules = invent.rules();
        const auto mail = invent.mail();
        const waiting since{std::chrono::seconds(static_cast<long>(invent.below(200'000))),
                            std::vector<held_as>(mail.findings.size(), {promise::not_clear, true})};
        const auto made = mail.under(rules, occasion{answering::as_one, since});
        BOOST_TEST_INFO("plan " << i << ": " << outline(made));
        BOOST_REQUIRE(!made.refusal);
        const auto standings =
            survey(rules, mail.origin, mail.envelope, mail.facts, mail.findings, since);
        std::vector<std::optional<keys::finding>> all_found(mail.findings.size(), found("F"));
        for (std::size_t j = 0; j < all_found.size(); ++j)
            if (mail.findings[j] && mail.findings[j]->opted_out) all_found[j] = mail.findings[j];
        const auto with_key =
            survey(rules, mail.origin, mail.envelope, mail.facts, all_found, since);
        for (const auto& one : made.decisions) {
            const auto& about = mail.findings[one.recipient];
            BOOST_REQUIRE(standings[one.recipient].stance == with_key[one.recipient].stance);
            if (standings[one.recipient].stance != stance::needs_key) continue;
            if (about && about->opted_out) continue;
            if (one.refusal) {
                ++refused;
                continue;
            }
            sealed += one.treatment == treatment::sealed ? 1 : 0;
            BOOST_REQUIRE(one.treatment == treatment::sealed || one.treatment == treatment::held);
        }
    }
    BOOST_TEST(sealed > plans_tried / 10);
    BOOST_TEST(refused > plans_tried / 10);
}

// What is not looked for is not found, however long it is held.
BOOST_AUTO_TEST_CASE(a_key_that_does_not_matter_to_a_held_message_changes_nothing) {
    inventor invent{13};
    for (int i = 0; i < plans_tried; ++i) {
        const auto rules = invent.rules();
        const auto mail = invent.mail();
        waiting since{std::chrono::seconds(static_cast<long>(invent.below(200'000))), {}};
        std::map<std::string, held_as> told; // the same of the same address
        for (const auto& one : mail.envelope.recipients) {
            const held_as invented{static_cast<promise>(invent.below(3)), invent.below(2) == 1};
            since.before.push_back(
                told.try_emplace(smtp::folded(one.address), invented).first->second);
        }
        const occasion again{answering::as_one, since};
        const auto made = outline(mail.under(rules, again));
        for (std::size_t to = 0; to < mail.findings.size(); ++to) {
            if (key_matters(rules, mail.origin, mail.envelope, &mail.facts,
                            mail.envelope.recipients[to].address, since))
                continue;
            for (const auto& other :
                 {found("other"), changed("key before", "other"), absent(), unusable()}) {
                auto changed = mail;
                changed.findings[to] = other;
                BOOST_REQUIRE_EQUAL(outline(changed.under(rules, again)), made);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
