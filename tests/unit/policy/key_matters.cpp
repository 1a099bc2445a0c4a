// SPDX-License-Identifier: Apache-2.0
#include "policy/plan.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(key_matters_)

namespace {

rule rule_that_says(std::string_view sender, std::string_view recipient, encrypt what) {
    overrides set;
    set.encrypt = what;
    auto made = rule_for(recipient, set);
    if (!sender.empty()) also(made, from(sender));
    return made;
}

bool at_rcpt(const rule_set& rules, const letter& mail) {
    return key_matters(rules, mail.origin, mail.envelope, nullptr,
                       mail.envelope.recipients.back().address);
}

bool at_the_end(const rule_set& rules, const letter& mail) {
    return key_matters(rules, mail.origin, mail.envelope, &mail.facts,
                       mail.envelope.recipients.back().address);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_local_recipient_is_never_looked_up) {
    auto rules = house();
    rules.defaults.encrypt = encrypt::required;
    const auto mail = letter{}.to("ben@example.org");
    BOOST_TEST(!at_rcpt(rules, mail));
    BOOST_TEST(!at_the_end(rules, mail));
}

BOOST_AUTO_TEST_CASE(at_rcpt_a_rule_about_the_sender_may_still_turn_out_to_be_the_one) {
    struct {
        std::string_view what;
        rule_list rules;
        encrypt by_default;
        bool expected;
    } const table[] = {
        {"defaults seal", {}, encrypt::opportunistic, true},
        {"defaults never", {}, encrypt::never, false},
        {"never for this one",
         {rule_that_says("", "b.example", encrypt::never)},
         encrypt::opportunistic,
         false},
        {"certain sender, never",
         {rule_that_says("anna@*", "", encrypt::never)},
         encrypt::opportunistic,
         false},
        {"perhaps another author who never seals",
         {rule_that_says("ben@*", "", encrypt::never)},
         encrypt::opportunistic,
         true},
        {"perhaps another author who must",
         {rule_that_says("ben@*", "", encrypt::required)},
         encrypt::never,
         true},
        {"somebody else's rule",
         {rule_that_says("", "c.example", encrypt::required)},
         encrypt::never,
         false},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.what) {
            auto rules = house();
            rules.rules = row.rules;
            rules.defaults.encrypt = row.by_default;
            BOOST_TEST(at_rcpt(rules, letter{}.to("bob@b.example")) == row.expected);
        }
    }
}

// The connection is known at RCPT: a rule that does not match it is not the one, and one that does
// ends the search.
BOOST_AUTO_TEST_CASE(at_rcpt_the_connection_has_its_say_already) {
    struct {
        std::string_view what;
        encrypt rule, by_default;
        std::optional<smtp::ip_address> client;
        bool expected;
    } const table[] = {
        {"never, from there", encrypt::never, encrypt::opportunistic, host("10.0.0.7"), false},
        {"never, from elsewhere", encrypt::never, encrypt::opportunistic, host("10.1.0.7"), true},
        {"never, from who knows", encrypt::never, encrypt::opportunistic, {}, true},
        {"required, from there", encrypt::required, encrypt::never, host("10.0.0.7"), true},
        {"required, from elsewhere", encrypt::required, encrypt::never, host("10.1.0.7"), false},
        {"required, from who knows", encrypt::required, encrypt::never, {}, false},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.what) {
            auto rules = house();
            auto one = rule_that_says("", "", row.rule);
            also(one, client("10.0.0.0/24"));
            rules.rules = {one};
            rules.defaults.encrypt = row.by_default;
            auto mail = letter{}.to("bob@b.example");
            mail.origin.client = row.client;
            BOOST_TEST(at_rcpt(rules, mail) == row.expected);
            BOOST_TEST(at_the_end(rules, mail) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_null_sender_is_looked_up_only_where_it_may_be_sealed) {
    auto rules = house();
    auto mail = letter{}.to("bob@b.example");
    mail.envelope.sender.reset();
    BOOST_TEST(!at_rcpt(rules, mail));
    rules.defaults.encrypt = encrypt::required;
    BOOST_TEST(at_rcpt(rules, mail));
    rules.defaults.encrypt = encrypt::opportunistic;
    rules.defaults.exempt.reports = false;
    BOOST_TEST(at_rcpt(rules, mail));
}

BOOST_AUTO_TEST_CASE(at_the_end_of_data_the_message_has_its_say) {
    struct {
        std::string_view what;
        void (*make)(letter&);
        bool expected;
    } const table[] = {
        {"plain", [](letter&) {}, true},
        {"encrypted",
         [](letter& mail) { mail.facts.protected_as = message::protection::encrypted; }, false},
        {"signed", [](letter& mail) { mail.facts.protected_as = message::protection::is_signed; },
         true},
        {"report", [](letter& mail) { mail.facts.report = true; }, false},
        {"fragment", [](letter& mail) { mail.facts.fragment = true; }, false},
        {"foreign", [](letter& mail) { mail.facts.from = these({"x@far.example"}); }, false},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.what) {
            auto mail = letter{}.to("bob@b.example");
            row.make(mail);
            BOOST_TEST(at_the_end(house(), mail) == row.expected);
        }
    }
}

// Whether there is a key decides which rule speaks, and so there is no telling without looking.
BOOST_AUTO_TEST_CASE(a_rule_that_asks_for_a_key_makes_it_matter) {
    auto rules = house();
    rules.defaults.encrypt = encrypt::never;
    rules.rules = {rule_that_says("", "b.example", encrypt::required)};
    BOOST_TEST(!at_the_end(rules, letter{}.to("cara@c.example")));
    auto one = rule_that_says("", "c.example", encrypt::required);
    also(one, {known_key_is{true}});
    rules.rules.push_back(one);
    BOOST_TEST(at_rcpt(rules, letter{}.to("cara@c.example")));
    BOOST_TEST(at_the_end(rules, letter{}.to("cara@c.example")));
    BOOST_TEST(!at_rcpt(rules, letter{}.to("dan@d.example")));
    // Her key may show that the rule binds the message, and then his is needed.
    BOOST_TEST(at_the_end(rules, letter{}.to("cara@c.example").to("dan@d.example")));
}

BOOST_AUTO_TEST_CASE(a_bound_message_needs_the_keys_of_those_whom_it_would_not_otherwise_ask_for) {
    auto rules = house();
    rules.rules = {rule_that_says("", "court.example", encrypt::required)};
    auto mail = letter{}.to("bob@b.example");
    mail.facts.list = true;
    BOOST_TEST(!at_the_end(rules, mail));
    mail = letter{}.to("clerk@court.example").to("bob@b.example");
    mail.facts.list = true;
    BOOST_TEST(at_the_end(rules, mail));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
