// SPDX-License-Identifier: Apache-2.0
// What must be true of every plan, tried on thousands of invented ones. The seed is fixed, so a
// failure can be looked at again.
#include "policy/plan.hpp"
#include "policy/standing.hpp"

#include "inventor.hpp"

#include <algorithm>
#include <set>

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(properties)

namespace {

std::optional<bool> known_in(const letter& mail, std::size_t recipient) {
    const auto& about = mail.findings[recipient];
    if (!about || about->result == keys::outcome::temporary) return {};
    return about->result == keys::outcome::found;
}

// Written anew from the documentation, so that it can disagree with the code.
bool must_be_sealed(const rule_set& rules, const letter& mail, std::size_t recipient) {
    if (mail.facts.protected_as == message::protection::encrypted) return false;
    bool ours = mail.facts.from.empty();
    for (const auto& author : mail.facts.from) {
        ours = ours || is_local(rules, author);
    }
    const auto requires_it = [&](std::size_t index, bool for_everybody) {
        const auto& address = mail.envelope.recipients[index].address;
        const auto said = said_of(rules, mail, address, known_in(mail, index));
        return !is_local(rules, address) && (ours || said.foreign) &&
               said.settings.encrypt == encrypt::required && said.settings.mode == mode::enforce &&
               (!for_everybody || said.settings.scope == scope::message);
    };
    if (is_local(rules, mail.envelope.recipients[recipient].address)) return false;
    if (requires_it(recipient, false)) return true;
    for (std::size_t other = 0; other < mail.envelope.recipients.size(); ++other) {
        if (requires_it(other, true)) return true;
    }
    return false;
}

bool somebody_is_refused(const plan& made) {
    return made.refusal || std::any_of(made.decisions.begin(), made.decisions.end(),
                                       [](const decision& one) { return bool(one.refusal); });
}

template<class Check>
void for_many_plans(unsigned seed, answering replies, Check check) {
    inventor invent{seed};
    int sent = 0;
    for (int i = 0; i < plans_tried; ++i) {
        const auto rules = invent.rules();
        const auto mail = invent.mail();
        const auto made = mail.under(rules, replies);
        sent += somebody_is_refused(made) ? 0 : 1;
        BOOST_TEST_INFO("plan " << i << " of seed " << seed << ": " << outline(made));
        check(rules, mail, made);
    }
    // Both kinds were really tried.
    BOOST_TEST(sent > plans_tried / 10);
    BOOST_TEST(sent < plans_tried * 9 / 10);
}

template<class Check>
void for_many_plans(unsigned seed, Check check) {
    for_many_plans(seed, answering::as_one, check);
    for_many_plans(seed, answering::each_recipient, check);
}

bool someone_binds_all(const rule_set& rules, const letter& mail, const plan& made) {
    return std::any_of(made.decisions.begin(), made.decisions.end(), [&](const decision& one) {
        const auto& address = mail.envelope.recipients[one.recipient].address;
        const auto said = said_of(rules, mail, address, known_in(mail, one.recipient));
        return said.settings.encrypt == encrypt::required &&
               said.settings.scope == scope::message && must_be_sealed(rules, mail, one.recipient);
    });
}

} // namespace

BOOST_AUTO_TEST_CASE(every_recipient_is_refused_or_in_exactly_one_delivery) {
    for_many_plans(1, [](const rule_set&, const letter& mail, const plan& made) {
        const auto count = mail.envelope.recipients.size();
        BOOST_REQUIRE_EQUAL(made.decisions.size(), count);
        if (made.refusal) {
            BOOST_REQUIRE(made.deliveries.empty());
            BOOST_REQUIRE(made.refusal->code == 451 || made.refusal->code == 550);
            BOOST_REQUIRE(made.refusal->lines.front().front() == '<');
            return;
        }
        std::multiset<std::size_t> served;
        for (const auto& one : made.deliveries) {
            BOOST_REQUIRE(one.archive.has_value() == one.recipients.empty());
            if (one.archive) continue;
            BOOST_REQUIRE(!one.recipients.empty());
            BOOST_REQUIRE(std::is_sorted(one.recipients.begin(), one.recipients.end()));
            served.insert(one.recipients.begin(), one.recipients.end());
        }
        for (std::size_t i = 0; i < count; ++i) {
            BOOST_REQUIRE_EQUAL(served.count(i), made.decisions[i].refusal ? 0U : 1U);
        }
    });
}

BOOST_AUTO_TEST_CASE(one_reply_for_all_refuses_nobody_alone) {
    for_many_plans(7, answering::as_one, [](const rule_set&, const letter&, const plan& made) {
        for (const auto& one : made.decisions) {
            BOOST_REQUIRE(!one.refusal);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_reply_for_each_refuses_all_exactly_where_somebody_binds_all) {
    int alone = 0;
    for_many_plans(8, answering::each_recipient,
                   [&](const rule_set& rules, const letter& mail, const plan& made) {
                       const bool together = someone_binds_all(rules, mail, made);
                       if (made.refusal) BOOST_REQUIRE(together);
                       for (const auto& one : made.decisions) {
                           if (!one.refusal) continue;
                           ++alone;
                           BOOST_REQUIRE(!together);
                           BOOST_REQUIRE(one.treatment == treatment::untouched && !one.key);
                       }
                   });
    BOOST_TEST(alone > plans_tried / 20);
}

BOOST_AUTO_TEST_CASE(what_is_required_never_leaves_in_clear) {
    for_many_plans(2, [](const rule_set& rules, const letter& mail, const plan& made) {
        if (made.refusal) return;
        for (const auto& one : made.decisions) {
            if (one.refusal || !must_be_sealed(rules, mail, one.recipient)) continue;
            BOOST_REQUIRE(one.treatment == treatment::sealed || one.treatment == treatment::held);
            BOOST_REQUIRE(one.held_as.promise == promise::required);
        }
    });
}

BOOST_AUTO_TEST_CASE(nothing_leaves_in_clear_or_to_a_new_key_where_a_changed_one_is_held) {
    int held = 0;
    for_many_plans(9, [&](const rule_set& rules, const letter& mail, const plan& made) {
        if (mail.facts.protected_as == message::protection::encrypted) return;
        const auto standings = survey(rules, mail.origin, mail.envelope, mail.facts, mail.findings);
        for (const auto& one : made.decisions) {
            const auto& address = mail.envelope.recipients[one.recipient].address;
            const auto said = said_of(rules, mail, address, known_in(mail, one.recipient));
            const auto& about = mail.findings[one.recipient];
            if (!about || about->replaces.empty() || said.settings.encrypt == encrypt::never ||
                said.settings.key_change != key_change::hold ||
                standings[one.recipient].stance != stance::needs_key)
                continue;
            ++held;
            BOOST_REQUIRE(made.refusal || one.refusal || one.treatment == treatment::held);
        }
    });
    BOOST_TEST(held > plans_tried / 100);
}

BOOST_AUTO_TEST_CASE(the_key_of_a_blind_recipient_is_in_nobody_elses_ciphertext) {
    for_many_plans(3, [](const rule_set&, const letter& mail, const plan& made) {
        for (const auto& one : made.deliveries) {
            std::set<std::string> addresses;
            bool blind = false;
            for (const auto recipient : one.recipients) {
                addresses.insert(smtp::folded(mail.envelope.recipients[recipient].address));
                blind = blind || made.decisions[recipient].blind;
            }
            if (one.treatment == treatment::sealed && blind) BOOST_REQUIRE(addresses.size() == 1U);
        }
    });
}

BOOST_AUTO_TEST_CASE(decisions_and_deliveries_say_the_same) {
    for_many_plans(4, [](const rule_set&, const letter&, const plan& made) {
        for (const auto& one : made.deliveries) {
            const bool sealed = one.treatment == treatment::sealed;
            BOOST_REQUIRE(one.certificates.empty() != sealed);
            std::set<std::string> expected;
            for (const auto recipient : one.recipients) {
                const auto& decided = made.decisions[recipient];
                BOOST_REQUIRE(decided.recipient == recipient);
                BOOST_REQUIRE(decided.treatment == one.treatment);
                BOOST_REQUIRE(decided.headers == one.headers);
                BOOST_REQUIRE(decided.key.has_value() == sealed);
                BOOST_REQUIRE(!decided.reason.empty() && !decided.rule.empty());
                if (sealed) expected.insert(decided.key->fingerprint);
            }
            std::set<std::string> carried;
            for (const auto& certificate : one.certificates) {
                BOOST_REQUIRE(carried.insert(certificate.fingerprint).second);
            }
            BOOST_REQUIRE(carried == expected);
        }
    });
}

BOOST_AUTO_TEST_CASE(sealed_groups_go_first_and_larger_ones_before_smaller_ones) {
    const auto turn = [](const delivery& one) {
        if (one.archive) return 3;
        if (one.treatment == treatment::held) return 2;
        return one.treatment == treatment::sealed ? 0 : 1;
    };
    for_many_plans(5, [&](const rule_set&, const letter&, const plan& made) {
        for (std::size_t i = 1; i < made.deliveries.size(); ++i) {
            const auto& before = made.deliveries[i - 1];
            const auto& after = made.deliveries[i];
            BOOST_REQUIRE(turn(before) <= turn(after));
            if (turn(before) == turn(after))
                BOOST_REQUIRE(before.recipients.size() >= after.recipients.size());
        }
    });
}

// key_matters promises that no outcome could change the plan: try them all.
BOOST_AUTO_TEST_CASE(a_key_that_does_not_matter_changes_nothing) {
    for (const auto replies : {answering::as_one, answering::each_recipient}) {
        for_many_plans(
            6, replies, [&](const rule_set& rules, const letter& mail, const plan& made) {
                for (std::size_t i = 0; i < mail.findings.size(); ++i) {
                    const auto& address = mail.envelope.recipients[i].address;
                    if (key_matters(rules, mail.origin, mail.envelope, &mail.facts, address))
                        continue;
                    for (const auto& other : {found("other"), changed("key before", "other"),
                                              absent(), unusable(), temporary(), not_yet()}) {
                        auto changed = mail;
                        changed.findings[i] = other;
                        BOOST_REQUIRE_EQUAL(outline(changed.under(rules, replies)), outline(made));
                    }
                }
            });
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
