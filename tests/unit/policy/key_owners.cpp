// SPDX-License-Identifier: Apache-2.0
// To whose key mail for an address is sealed, and what is said of it.
#include "policy/key_owners.hpp"

#include "scene.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(key_owners_)

namespace {

struct pair {
    std::string whom;
    std::string owner;
};

rule_set with(std::initializer_list<pair> pairs) {
    auto rules = house();
    for (const auto& one : pairs)
        rules.key_of.add(one.whom, any_of_these({one.whom}), at(one.owner));
    return rules;
}

std::string owner_of(const rule_set& rules, std::string_view recipient) {
    const auto owner = key_owner(rules, at(recipient));
    return owner ? smtp::to_string(*owner) : "own";
}

keys::finding lent(keys::finding found) {
    found.key_of = at("office@p.example");
    return found;
}

} // namespace

// The recipient may have a pin in a store that cannot be read, wherever the other key is from.
BOOST_AUTO_TEST_CASE(where_nobody_knows_of_a_pin_a_lent_key_is_held_by_who_holds_changes) {
    auto rules = house();
    auto found_for_office = lent(found("F"));
    found_for_office.from = keys::origin::administrator;
    found_for_office.may_replace = true;
    const auto mail = letter{}.to("bob@p.example", found_for_office);
    BOOST_TEST(outline(mail.under(rules)) == "sealed 0");
    rules.defaults.key_change = key_change::hold;
    BOOST_TEST(outline(mail.under(rules)) == "held 0");
}

// What is written of boss@ goes for boss+x@, where that is the same reader.
BOOST_AUTO_TEST_CASE(what_is_said_of_the_base_goes_for_a_subaddress) {
    auto rules = with({{"boss@p.example", "boss@p.example"},
                       {"bob@p.example", "secretary@q.example"},
                       {"*+x@p.example", "tagged@p.example"},
                       {"*@p.example", "office@p.example"}});
    rules.pins["pat@p.example"] = "F";
    BOOST_TEST(owner_of(rules, "boss+y@p.example") == "office@p.example");
    rules.subaddressing = {"p.example"};
    const std::pair<std::string, std::string> table[] = {
        {"boss+y@p.example", "own"},
        {"boss+x@p.example", "own"},
        {"bob+y@p.example", "secretary@q.example"},
        {"pat+y@p.example", "own"},
        {"carl+x@p.example", "tagged@p.example"},
        {"carl+y@p.example", "office@p.example"},
        {"office+y@p.example", "own"},
    };
    for (const auto& [recipient, owner] : table)
        BOOST_TEST(owner_of(rules, recipient) == owner, recipient);
}

BOOST_AUTO_TEST_CASE(the_first_entry_that_matches_decides) {
    const auto rules = with({{"three@p.example", "four@p.example"},
                             {"*@p.example", "office@p.example"},
                             {"*.p.example", "sub@p.example"},
                             {"q.example", "office@p.example"},
                             {"five@p.example", "never@p.example"},
                             {"sales-*@?.example", "bob@p.example"}});
    const std::pair<std::string, std::string> table[] = {
        {"one@p.example", "office@p.example"},
        {"ONE@P.Example", "office@p.example"},
        {"three@p.example", "four@p.example"}, // which is looked up as it is
        {"four@p.example", "office@p.example"},
        {"five@p.example", "office@p.example"},
        {"office@p.example", "own"},
        {"Office@P.example", "own"},
        {"x@dev.p.example", "sub@p.example"},
        {"x@a.dev.p.example", "sub@p.example"},
        {"x@q.example", "office@p.example"},
        {"sales-7@z.example", "bob@p.example"},
        {"sales@z.example", "own"},
        {"x@p.example.org", "own"},
    };
    for (const auto& [recipient, owner] : table)
        BOOST_TEST(owner_of(rules, recipient) == owner, recipient);
    BOOST_TEST(owner_of(house(), "one@p.example") == "own");
}

BOOST_AUTO_TEST_CASE(an_exception_is_written_before_the_pattern) {
    const auto rules =
        with({{"bob@p.example", "bob@p.example"}, {"p.example", "office@p.example"}});
    BOOST_TEST(owner_of(rules, "bob@p.example") == "own");
    BOOST_TEST(owner_of(rules, "eve@p.example") == "office@p.example");
}

BOOST_AUTO_TEST_CASE(a_pin_of_the_very_address_goes_before) {
    auto rules = with({{"*@p.example", "office@p.example"}});
    rules.pins["bob@p.example"] = "AA";
    BOOST_TEST(owner_of(rules, "Bob@P.example") == "own");
    BOOST_TEST(owner_of(rules, "eve@p.example") == "office@p.example");
}

// Else ten thousand addresses of one partner each would cost every message.
BOOST_AUTO_TEST_CASE(many_entries_cost_a_recipient_little) {
    auto rules = house();
    for (int i = 0; i < 10'000; ++i) {
        const auto whom = "*@p" + std::to_string(i) + ".example";
        rules.key_of.add(whom, any_of_these({whom}), at("office@p.example"));
    }
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < 1'000; ++i)
        BOOST_REQUIRE(owner_of(rules, "x@p9999.example") == "office@p.example");
    BOOST_TEST((std::chrono::steady_clock::now() - before < std::chrono::seconds(1)));
}

BOOST_AUTO_TEST_CASE(recipients_of_one_key_share_one_ciphertext_with_it_once) {
    const auto made = letter{}
                          .to("three@p.example", lent(found("A")))
                          .to("four@p.example", lent(found("A")))
                          .to("bob@b.example", found("B"))
                          .under(house());
    BOOST_TEST(outline(made) == "sealed 0 1 2");
    BOOST_REQUIRE_EQUAL(made.deliveries.front().certificates.size(), 2U);
    BOOST_TEST(made.decisions[0].reason ==
               "a usable key was found (key of office@p.example, by key_of: WKD served it)");
    BOOST_TEST(whose_key(made.decisions[1]) == "key of office@p.example, by key_of");
    BOOST_TEST(whose_key(made.decisions[2]) == "");
}

BOOST_AUTO_TEST_CASE(whose_key_it_is_that_is_missing_is_said) {
    auto rules = house();
    rules.defaults.encrypt = encrypt::required;
    rules.defaults.without_key = fallback::reject;
    const auto made = letter{}.to("three@p.example", lent(absent())).under(rules);
    BOOST_REQUIRE(made.refusal);
    BOOST_TEST(
        made.refusal->lines.front() ==
        "<three@p.example>: no OpenPGP key was found for office@p.example, whose key is used "
        "for this recipient");
    BOOST_TEST(made.refusal->lines.back() ==
               "Nothing was sent to anybody; ask office@p.example to publish a key, or write "
               "without this recipient");
    BOOST_TEST(made.decisions[0].reason == "refused: no key and the message must be sealed (key of "
                                           "office@p.example, by key_of: 404)");
}

BOOST_AUTO_TEST_CASE(whose_changed_key_is_to_be_accepted_is_said) {
    auto rules = house();
    rules.defaults.key_change = key_change::hold;
    const auto made = letter{}.to("three@p.example", lent(changed("A", "B"))).under(rules);
    BOOST_TEST(outline(made) == "held 0");
    BOOST_TEST(made.decisions[0].waits->lines.front() ==
               "<three@p.example>: the new OpenPGP key B of office@p.example, which is used for "
               "this recipient, is not accepted yet");
    BOOST_TEST(made.decisions[0].reason.find("(key of office@p.example, by key_of") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
