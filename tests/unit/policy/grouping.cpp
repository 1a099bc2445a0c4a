// SPDX-License-Identifier: Apache-2.0
// Who shares a transaction with whom: blind recipients, duplicates, header profiles, colleagues.
#include "policy/grouping.hpp"

#include "policy/plan.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(grouping)

namespace {

std::string fingerprints(const delivery& one) {
    std::string text;
    for (const auto& certificate : one.certificates) {
        text += certificate.fingerprint;
    }
    return text;
}

rule rule_with_profile(std::string_view to, message::profile headers) {
    overrides set;
    set.headers = headers;
    return rule_for(to, set);
}

} // namespace

BOOST_AUTO_TEST_CASE(visible_sealed_recipients_share_one_ciphertext_and_clear_ones_one_copy) {
    const auto made = letter{}
                          .to("eve@e.example", absent())
                          .to("bob@b.example", found("B"))
                          .to("ben@example.org")
                          .to("cara@c.example", found("C"))
                          .under(house());
    BOOST_TEST(outline(made) == "sealed 1 3 | cleaned 0 2");
    BOOST_TEST(fingerprints(made.deliveries.front()) == "BC");
    BOOST_TEST(fingerprints(made.deliveries.back()) == "");
}

// A sealing program takes no more.
BOOST_AUTO_TEST_CASE(no_copy_is_for_more_keys_than_can_be_sealed_to) {
    letter mail;
    const auto name = [](std::size_t i) { return "r" + std::to_string(i); };
    for (std::size_t i = 0; i < 2 * most_certificates + 1; ++i)
        mail.to(name(i) + "@b.example", found(name(i)));
    mail.to("again@b.example", found(name(2 * most_certificates)));
    const auto made = mail.under(house());
    BOOST_REQUIRE_EQUAL(made.deliveries.size(), 3U);
    for (const auto i : {0U, 1U}) {
        BOOST_TEST(made.deliveries[i].certificates.size() == most_certificates);
        BOOST_TEST(made.deliveries[i].recipients.size() == most_certificates);
    }
    BOOST_TEST(made.deliveries[2].certificates.size() == 1U);
    BOOST_TEST(made.deliveries[2].recipients.size() == 2U);
    // Whose key is in it already has room.
    letter full;
    for (std::size_t i = 0; i < most_certificates; ++i)
        full.to(name(i) + "@b.example", found(name(i)));
    full.to("again@b.example", found(name(0)));
    BOOST_TEST(full.under(house()).deliveries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_blind_sealed_recipient_stands_alone_and_a_blind_clear_one_does_not) {
    const auto made = letter{}
                          .blind_to("x@b.example", found("X"))
                          .to("bob@b.example", found("B"))
                          .blind_to("y@b.example", found("Y"))
                          .to("cara@c.example", found("C"))
                          .blind_to("z@b.example", absent())
                          .to("eve@e.example", absent())
                          .under(house());
    BOOST_TEST(outline(made) == "sealed 1 3 | sealed 0 | sealed 2 | cleaned 4 5");
    BOOST_TEST(fingerprints(made.deliveries[0]) == "BC");
    BOOST_TEST(fingerprints(made.deliveries[1]) == "X");
    BOOST_TEST(made.decisions[0].blind);
    BOOST_TEST(!made.decisions[1].blind);
    BOOST_TEST(made.decisions[4].blind);
}

BOOST_AUTO_TEST_CASE(who_is_visible_is_compared_without_case_and_through_the_original_recipient) {
    auto mail = letter{}.blind_to("bob@b.example", found("B")).blind_to("c@c.example", found("C"));
    mail.facts.visible = these({"BOB@B.example", "team@example.com"});
    BOOST_TEST(outline(mail.under(house())) == "sealed 0 | sealed 1");
    BOOST_TEST(!mail.under(house()).decisions[0].blind);

    // The header names the alias; the envelope what it was expanded to, and ORCPT the alias.
    mail.envelope.recipients[1].parameters = {{"ORCPT", "rfc822;team@example.com"}};
    BOOST_TEST(outline(mail.under(house())) == "sealed 0 1");
}

BOOST_AUTO_TEST_CASE(one_certificate_is_put_into_a_ciphertext_once) {
    const auto twins = letter{}.to("a@b.example", found("B")).to("b@b.example", found("B"));
    const auto made = twins.under(house());
    BOOST_TEST(outline(made) == "sealed 0 1");
    BOOST_TEST(fingerprints(made.deliveries.front()) == "B");

    // Unless they are two states of it with different subkeys: each reads with their own.
    auto states = twins;
    states.findings[1]->found->encryption_keys = {7};
    BOOST_TEST(fingerprints(states.under(house()).deliveries.front()) == "BB");
}

BOOST_AUTO_TEST_CASE(an_address_given_twice_stays_in_one_transaction) {
    auto mail = letter{}.to("bob@b.example", found("B")).to("BOB@b.example", found("B"));
    BOOST_TEST(outline(mail.under(house())) == "sealed 0 1");
    mail.facts.visible.clear();
    BOOST_TEST(outline(mail.under(house())) == "sealed 0 1");
    BOOST_TEST(fingerprints(mail.under(house()).deliveries.front()) == "B");
}

BOOST_AUTO_TEST_CASE(header_profiles_do_not_mix) {
    auto rules = house();
    rules.rules = {rule_with_profile("strict.example", message::profile::strict),
                   rule_with_profile("off.example", message::profile::off)};
    const auto made = letter{}
                          .to("a@strict.example", found("A"))
                          .to("b@b.example", found("B"))
                          .to("c@strict.example", absent())
                          .to("d@off.example", absent())
                          .to("e@off.example", found("E"))
                          .to("f@b.example", absent())
                          .to("g@b.example", found("G"))
                          .under(rules);
    BOOST_TEST(outline(made) ==
               "sealed 1 6 | sealed 0 | sealed 4 | cleaned 2 | untouched 3 | cleaned 5");
}

BOOST_AUTO_TEST_CASE(whatever_makes_another_header_makes_another_copy) {
    message::own_profile quiet;
    quiet.name = "quiet";
    quiet.from = message::profile::standard;
    const auto own = std::make_shared<const message::own_profile>(quiet);
    std::vector<overrides> each(5);
    each[0].headers = message::chosen_profile(own);
    each[1].date = message::date_form::utc;
    each[2].message_id = message::id_form::hmac;
    each[3].dkim = message::signature_rule::keep;
    each[4].headers = message::chosen_profile(own);
    auto rules = house();
    auto mail = letter{}.to("f@b.example", absent());
    for (std::size_t i = 0; i < each.size(); ++i) {
        const auto domain = "d" + std::to_string(i) + ".example";
        rules.rules.push_back(rule_for(domain, each[i]));
        mail = mail.to("x@" + domain, absent());
    }
    const auto made = mail.under(rules);
    BOOST_TEST(outline(made) == "cleaned 1 5 | cleaned 0 | cleaned 2 | cleaned 3 | cleaned 4");
    BOOST_CHECK(made.deliveries.front().headers.fields.own == own);
}

BOOST_AUTO_TEST_CASE(what_is_left_alone_is_one_copy_whatever_else_its_rules_say) {
    overrides utc;
    utc.headers = message::profile::off;
    utc.date = message::date_form::utc;
    auto rules = house();
    rules.rules = {rule_with_profile("off.example", message::profile::off),
                   rule_for("utc.example", utc)};
    const auto clear = letter{}.to("a@off.example", absent()).to("b@utc.example", absent());
    BOOST_TEST(outline(clear.under(rules)) == "untouched 0 1");
    const auto sealed = letter{}.to("a@off.example", found("A")).to("b@utc.example", found("B"));
    BOOST_TEST(outline(sealed.under(rules)) == "sealed 0 1");
}

BOOST_AUTO_TEST_CASE(nothing_changes_for_anybody_where_nothing_changes_outside) {
    auto rules = house();
    rules.rules = {rule_with_profile("off.example", message::profile::off)};
    const auto made = letter{}.to("ben@example.org").to("d@off.example", absent()).under(rules);
    BOOST_TEST(outline(made) == "untouched 0 1");
    BOOST_CHECK(made.decisions.front().headers == message::profile::off);
}

BOOST_AUTO_TEST_CASE(colleagues_get_the_clear_copy_of_the_others) {
    using message::profile;
    struct {
        std::string_view what;
        profile inside, outside;
        std::optional<keys::finding> about;
        std::string_view expected;
    } const table[] = {
        {"the same", profile::standard, profile::standard, absent(), "cleaned 0 1"},
        {"stricter outside", profile::standard, profile::strict, absent(), "cleaned 0 1"},
        {"off inside", profile::off, profile::standard, absent(), "cleaned 0 1"},
        {"off outside", profile::standard, profile::off, absent(), "untouched 0 1"},
        {"sealed outside", profile::standard, profile::strict, found("B"), "sealed 1 | cleaned 0"},
        {"sealed outside, off inside", profile::off, profile::standard, found("B"),
         "sealed 1 | untouched 0"},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.what) {
            auto rules = house();
            rules.rules = {rule_with_profile("example.org", row.inside),
                           rule_with_profile("b.example", row.outside)};
            const auto made =
                letter{}.to("ben@example.org").to("bob@b.example", row.about).under(rules);
            BOOST_TEST(outline(made) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(with_several_clear_copies_colleagues_get_the_one_of_their_own_profile) {
    auto rules = house();
    rules.rules = {rule_with_profile("strict.example", message::profile::strict)};
    const auto made = letter{}
                          .to("a@strict.example", absent())
                          .to("b@b.example", absent())
                          .to("ben@example.org")
                          .under(rules);
    BOOST_TEST(outline(made) == "cleaned 1 2 | cleaned 0");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
