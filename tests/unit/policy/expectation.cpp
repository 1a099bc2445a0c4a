// SPDX-License-Identifier: Apache-2.0
#include "policy/expectation.hpp"

#include "scene.hpp"

#include <algorithm>

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(expectations)

namespace {

// Sealed to Bob and Cara, in clear to Dan, and Eve blind; or refused to all.
letter to_four(std::optional<keys::finding> dan = absent()) {
    letter mail;
    mail.to("bob@b.example", changed("old", "new")).to("cara@c.example", found("C"));
    return mail.to("dan@d.example", std::move(dan)).blind_to("eve@e.example", found("E"));
}

// "treatment: sealed but cleaned", each difference.
std::string told(const expectation& expected, std::size_t recipient, letter mail = to_four(),
                 answering replies = answering::as_one, bool looked_up = true,
                 std::string_view leaves = "Subject: =?utf-8?q?m=C3=A4rz?=\r\nX: 1\r\nX: 2\r\n") {
    auto rules = house();
    rules.defaults.lookup_failed = fallback::defer;
    const auto made = mail.under(rules, replies);
    const auto header = message::read_header_section(leaves);
    std::string text;
    const outcome of{made, mail.envelope, recipient, looked_up, &header};
    for (const auto& one : compare(expected, of))
        text += one.about + ": " + one.expected + " but " + one.got + "\n";
    return text;
}

expectation fate_is(fate what) {
    expectation made;
    made.fate = what;
    return made;
}

} // namespace

BOOST_AUTO_TEST_CASE(nothing_expected_is_no_surprise) { BOOST_TEST(told({}, 0).empty()); }

BOOST_AUTO_TEST_CASE(each_word_says_what_it_means) {
    const auto refused = to_four(temporary());
    struct {
        letter mail;
        std::size_t recipient;
        fate got;
        std::vector<fate> fitting;
    } const table[] = {
        {to_four(), 0, fate::sealed, {fate::sealed}},
        {to_four(), 2, fate::cleaned, {fate::clear, fate::cleaned}},
        {refused, 2, fate::deferred, {fate::refused, fate::deferred}},
        {refused, 0, fate::deferred, {fate::refused, fate::deferred}},
        {letter().to("carl@example.org"), 0, fate::untouched, {fate::clear, fate::untouched}},
    };
    for (const auto& row : table) {
        for (const auto one : {fate::sealed, fate::clear, fate::cleaned, fate::untouched,
                               fate::held, fate::refused, fate::deferred, fate::rejected}) {
            const bool fits = std::ranges::count(row.fitting, one) > 0;
            const auto surprise = "treatment: " + std::string{to_string(one)} + " but " +
                                  std::string{to_string(row.got)} + "\n";
            BOOST_TEST(told(fate_is(one), row.recipient, row.mail) == (fits ? "" : surprise));
        }
    }
}

BOOST_AUTO_TEST_CASE(who_is_held_is_neither_served_nor_refused) {
    const auto mail = to_four(temporary());
    const auto made = mail.under(house()); // lookup_failed: hold
    const outcome of{made, mail.envelope, 2, true, nullptr};
    BOOST_TEST(compare(fate_is(fate::held), of).empty());
    BOOST_TEST(compare(fate_is(fate::refused), of).size() == 1U);
    BOOST_TEST(compare(fate_is(fate::clear), of).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_final_refusal_is_a_rejection) {
    auto rules = house();
    rules.defaults.without_key = fallback::reject;
    const auto mail = letter().to("bob@b.example", absent());
    const auto made = mail.under(rules);
    const outcome of{made, mail.envelope, 0, true, nullptr};
    BOOST_TEST(compare(fate_is(fate::rejected), of).empty());
    BOOST_TEST(compare(fate_is(fate::refused), of).empty());
    BOOST_TEST(compare(fate_is(fate::deferred), of).size() == 1U);
}

BOOST_AUTO_TEST_CASE(who_is_refused_alone_is_refused_and_nobody_else) {
    const auto mail = to_four(temporary());
    const auto each = answering::each_recipient;
    BOOST_TEST(told(fate_is(fate::deferred), 2, mail, each).empty());
    BOOST_TEST(told(fate_is(fate::sealed), 0, mail, each).empty());
    expectation reply;
    reply.reply = "451";
    BOOST_TEST(told(reply, 2, mail, each).empty());
    BOOST_TEST(told(reply, 0, mail, each) == "reply: 451 but 250\n");
}

BOOST_AUTO_TEST_CASE(a_reply_is_its_code_or_both_codes) {
    for (const auto* const fits : {"451", "451 4.4.3"}) {
        expectation one;
        one.reply = fits;
        BOOST_TEST(told(one, 0, to_four(temporary())).empty());
    }
    for (const std::string other : {"45", "451 4.4", "550"}) {
        expectation one;
        one.reply = other;
        BOOST_TEST(told(one, 0, to_four(temporary())) == "reply: " + other + " but 451 4.4.3\n");
    }
}

BOOST_AUTO_TEST_CASE(rule_lookup_and_warning_are_compared) {
    expectation one;
    one.rule = "defaults";
    one.looked_up = true;
    one.warned = true;
    BOOST_TEST(told(one, 0).empty());
    one.warned = false;
    one.looked_up = false;
    BOOST_TEST(told(one, 0) == "lookup: false but true\nwarning: false but true\n");
    one.rule = "no rule";
    BOOST_TEST(told(one, 1, to_four(), answering::as_one, false) == "rule: no rule but defaults\n");
}

BOOST_AUTO_TEST_CASE(whose_key_it_is_is_compared) {
    auto of_another = found("A");
    of_another.key_of = at("Office@p.example");
    const auto mail = letter().to("bob@b.example", of_another).to("cara@c.example", found("C"));
    expectation one;
    one.key_of = "office@p.example";
    BOOST_TEST(told(one, 0, mail).empty());
    BOOST_TEST(told(one, 1, mail) == "key_of: office@p.example but none\n");
    one.key_of = "none";
    BOOST_TEST(told(one, 0, mail) == "key_of: none but Office@p.example\n");
    BOOST_TEST(told(one, 1, mail).empty());
}

BOOST_AUTO_TEST_CASE(exactly_those_who_share_a_copy_share_it) {
    expectation one;
    one.with = {1};
    BOOST_TEST(told(one, 0).empty());
    one.with = {1, 3};
    BOOST_TEST(told(one, 0) == "with: cara@c.example, eve@e.example but cara@c.example\n");
    one.with.emplace();
    BOOST_TEST(told(one, 3).empty());
    BOOST_TEST(told(one, 0) == "with: nobody but cara@c.example\n");
}

BOOST_AUTO_TEST_CASE(fields_are_read_as_a_person_reads_them) {
    std::string mistake;
    const auto pattern = [&](std::string_view text) { return text_pattern::parse(text, mistake); };
    expectation one;
    one.header = {{"subject", true, pattern("M\u00e4rz")},
                  {"X", true, pattern("2")},
                  {"X", true, {}},
                  {"Y", false, {}}};
    BOOST_TEST(told(one, 0).empty());
    one.header = {{"Subject", true, pattern("may")},
                  {"X", false, {}},
                  {"Y", true, {}},
                  {"Y", true, pattern("*")}};
    BOOST_TEST(told(one, 0) == "header Subject: may but m\u00e4rz\nheader X: absent but 1 | 2\n"
                               "header Y: present but absent\nheader Y: * but absent\n");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
