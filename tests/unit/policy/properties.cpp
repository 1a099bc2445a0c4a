// SPDX-License-Identifier: Apache-2.0
// What must be true of every plan, tried on thousands of invented ones. The seed is fixed, so a
// failure can be looked at again.
#include "policy/plan.hpp"
#include "policy/standing.hpp"

#include "scene.hpp"

#include <algorithm>
#include <random>
#include <set>

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(properties)

namespace {

constexpr int plans_tried = 5'000;

class inventor {
  public:
    explicit inventor(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool rarely() { return below(8) == 0; }

    rule_set rules() {
        auto made = house();
        made.defaults = defaults();
        for (auto count = below(4); count > 0; --count) {
            auto one = rule_for(pick(patterns), {});
            one.name = "rule " + std::to_string(made.rules.size());
            if (rarely()) also(one, from(pick(patterns)));
            if (rarely()) also(one, client("192.0.2.0/25"));
            if (rarely()) also(one, {authenticated_is{below(2) == 0}});
            if (rarely()) also(one, {known_key_is{below(2) == 0}});
            if (rarely()) also(one, {class_is{{message_class::list, message_class::encrypted}}});
            if (rarely()) one.match = {none_of{{one.match}}};
            if (below(2) == 0) one.set.encrypt = pick(encrypts);
            if (below(2) == 0) one.set.without_key = pick(fallbacks);
            if (below(2) == 0) one.set.lookup_failed = pick(fallbacks);
            if (below(2) == 0) one.set.key_change = pick(key_changes);
            if (below(2) == 0) one.set.scope = pick(scopes);
            if (below(2) == 0) one.set.headers = pick(profiles);
            if (rarely()) one.set.blind = blind_copies::reject;
            if (rarely()) one.set.then = hold_end::send;
            if (rarely()) one.set.sources = allowed_sources{.local = false};
            if (rarely()) one.set.archive = at("archive@example.org");
            if (rarely()) one.set.mode = mode::observe;
            if (rarely()) one.set.foreign = true;
            made.rules.push_back(std::move(one));
        }
        return made;
    }

    letter mail() {
        letter made;
        if (!rarely()) made.origin.client = host(below(2) == 0 ? "192.0.2.1" : "192.0.2.200");
        if (below(2) == 0) made.origin.authenticated = below(2) == 0;
        if (rarely()) made.envelope.sender.reset();
        if (rarely()) made.facts.from = these({"x@far.example"});
        if (rarely()) made.facts.from.clear();
        made.facts.list = rarely();
        made.facts.fragment = rarely();
        if (rarely()) made.facts.protected_as = message::protection::encrypted;
        for (auto count = below(7); count > 0; --count) {
            const auto address = pick(addresses);
            const auto about = below(3) == 0 ? anything() : found("key of " + address);
            if (below(3) == 0) {
                made.blind_to(address, about);
            } else {
                made.to(address, about);
            }
        }
        return made;
    }

  private:
    settings defaults() {
        settings made;
        made.encrypt = pick(encrypts);
        made.without_key = pick(fallbacks);
        made.lookup_failed = pick(fallbacks);
        made.unusable_key = pick(fallbacks);
        made.key_change = pick(key_changes);
        made.scope = pick(scopes);
        made.headers = pick(profiles);
        return made;
    }

    std::optional<keys::finding> anything() {
        switch (below(6)) {
        case 0: return absent();
        case 1: return unusable();
        case 2: return temporary();
        case 3: return not_yet();
        case 4: return changed("key before", "key after");
        }
        return std::nullopt;
    }

    template<class List>
    typename List::value_type pick(const List& list) {
        return list[below(list.size())];
    }

    // Two spellings of one address, colleagues, and more than one outside domain.
    const std::vector<std::string> addresses{"bob@b.example",   "BOB@b.example", "eve@b.example",
                                             "cara@c.example",  "dan@d.example", "ben@example.org",
                                             "cleo@example.org"};
    const std::vector<std::string> patterns{"b.example", "*@c.example", "example.org", "bob@*",
                                            "*"};
    const std::vector<encrypt> encrypts{encrypt::never, encrypt::opportunistic,
                                        encrypt::opportunistic, encrypt::all_or_none,
                                        encrypt::required};
    const std::vector<fallback> fallbacks{fallback::send, fallback::send,  fallback::send,
                                          fallback::hold, fallback::defer, fallback::reject};
    const std::vector<key_change> key_changes{key_change::accept, key_change::warn,
                                              key_change::hold};
    const std::vector<scope> scopes{scope::message, scope::recipient};
    const std::vector<message::profile> profiles{message::profile::off, message::profile::standard,
                                                 message::profile::strict};
    std::mt19937 random_;
};

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
            BOOST_REQUIRE(one.bound);
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
        const auto made = mail.under(rules, occasion{answering::as_one, waiting{waited, true}});
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
