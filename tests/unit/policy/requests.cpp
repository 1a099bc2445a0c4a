// SPDX-License-Identifier: Apache-2.0
// By what marks of the sender's a rule speaks, and from which copies they are taken out.
#include "policy/condition.hpp"
#include "policy/plan.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(requests)

namespace {

letter saying(std::string field, std::string text) {
    letter mail;
    mail.facts.fields = {{std::move(field), std::move(text)}};
    return mail;
}

truth of(const condition& asked, const letter& mail) {
    const circumstances around(mail.origin, mail.envelope.sender, &mail.facts);
    return holds(asked, around, {folded_address(at("bob@b.example")), {}});
}

// Seals what is asked for, to whomever.
rule_set house_that_listens(encrypt usual = encrypt::opportunistic) {
    auto rules = house();
    rules.defaults.encrypt = usual;
    rule asked;
    asked.name = "asked for";
    asked.match = {any_of{{{tag_is{{"[seal]"}}}, {request_is{"X-Seal", {"required"}}}}}};
    asked.set.encrypt = encrypt::required;
    rules.rules.push_back(asked);
    return rules;
}

bool takes_out(const plan& made, const rule_set& rules) {
    BOOST_REQUIRE(!made.deliveries.empty());
    const auto first = made.deliveries.front().headers.asked;
    for (const auto& one : made.deliveries)
        BOOST_CHECK(one.headers.asked == first);
    BOOST_CHECK(first == nullptr || first == rules.rules.requests());
    return first != nullptr;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_tag_stands_anywhere_in_the_subject) {
    const condition asked{tag_is{{"[seal]", "#s#"}}};
    BOOST_CHECK(of(asked, saying("Subject", "[seal] x")) == truth::yes);
    BOOST_CHECK(of(asked, saying("SUBJECT", "Re: x [SEAL]")) == truth::yes);
    BOOST_CHECK(of(asked, saying("Subject", "a#S#b")) == truth::yes);
    BOOST_CHECK(of(asked, saying("Subject", "seal")) == truth::no);
    BOOST_CHECK(of(asked, saying("Thread-Topic", "[seal]")) == truth::no);
    BOOST_CHECK(of(asked, letter{}) == truth::no);
}

BOOST_AUTO_TEST_CASE(a_request_says_the_whole_word) {
    const condition asked{request_is{"X-Seal", {"required", "yes"}}};
    BOOST_CHECK(of(asked, saying("x-seal", "Required")) == truth::yes);
    BOOST_CHECK(of(asked, saying("X-Seal", "yes")) == truth::yes);
    BOOST_CHECK(of(asked, saying("X-Seal", "yes please")) == truth::no);
    BOOST_CHECK(of(asked, saying("X-Seal", "")) == truth::no);
    BOOST_CHECK(of(asked, saying("X-Sealed", "yes")) == truth::no);
}

BOOST_AUTO_TEST_CASE(a_policy_knows_the_marks_of_all_its_rules) {
    rule_list list;
    BOOST_CHECK(list.requests() == nullptr);
    list.push_back(rule_for("b.example", {}));
    BOOST_CHECK(list.requests() == nullptr);
    auto one = rule_for("b.example", {});
    const condition tag{all_of{{{tag_is{{"[Clear]"}}}}}};
    const condition request{any_of{{{request_is{"X-A", {"b"}}}}}};
    also(one, {none_of{{tag, request}}});
    list.push_back(one);
    const auto copy = list;
    BOOST_CHECK(copy.requests() == list.requests());
    auto other = rule_for("c.example", {});
    also(other, {tag_is{{"[seal]", "[CLEAR]"}}});
    list.push_back(other);
    BOOST_TEST(list.requests()->tags() == (std::vector<std::string>{"[clear]", "[seal]"}),
               boost::test_tools::per_element());
    BOOST_TEST(list.requests()->has_field("x-a"));
    BOOST_TEST(copy.requests()->tags().size() == 1U); // a list of its own still
}

BOOST_AUTO_TEST_CASE(what_is_asked_for_is_sealed_or_refused) {
    const auto rules = house_that_listens(encrypt::never);
    for (auto mail : {saying("Subject", "x [seal]"), saying("X-Seal", "required")}) {
        const auto sealed = letter{mail}.to("bob@b.example", found("B")).under(rules);
        BOOST_TEST(outline(sealed) == "sealed 0");
        BOOST_TEST(takes_out(sealed, rules));
        BOOST_TEST(outline(letter{mail}.to("bob@b.example", absent()).under(rules)) == "550 5.7.5");
    }
}

BOOST_AUTO_TEST_CASE(marks_are_taken_out_whichever_rule_decides) {
    auto rules = house_that_listens();
    rule first;
    first.name = "first";
    rules.rules = {};
    rules.rules.push_back(first);
    rules.rules.push_back(house_that_listens().rules[0]);
    for (const auto& about : {found("B"), absent()}) {
        const auto mail = saying("Subject", "x [seal]").to("bob@b.example", about);
        BOOST_TEST(takes_out(mail.under(rules), rules));
    }
    // A field of that name says nothing that anybody asked for, and goes all the same.
    const auto mail = saying("X-Seal", "never mind").to("bob@b.example", absent());
    BOOST_TEST(takes_out(mail.under(rules), rules));
}

BOOST_AUTO_TEST_CASE(mail_without_a_mark_is_as_without_such_a_rule) {
    auto rules = house_that_listens();
    auto without = house();
    for (const auto headers : {message::profile::off, message::profile::standard}) {
        rules.defaults.headers = without.defaults.headers = headers;
        for (const auto& about : {found("B"), absent()}) {
            auto mail = saying("Subject", "seal").to("bob@b.example", about).to("ben@example.org");
            const auto made = mail.under(rules), usual = mail.under(without);
            BOOST_TEST(outline(made) == outline(usual));
            BOOST_TEST(!takes_out(made, rules));
        }
    }
}

BOOST_AUTO_TEST_CASE(with_headers_off_a_mark_alone_makes_a_cleaned_copy) {
    auto rules = house_that_listens();
    rules.rules = {};
    auto never = rule_for("b.example", {});
    also(never, {tag_is{{"[seal]"}}});
    rules.rules.push_back(never);
    rules.defaults.headers = message::profile::off;
    const auto tagged = saying("Subject", "[seal]").to("bob@c.example", absent());
    const auto made = tagged.under(rules);
    BOOST_TEST(outline(made) == "cleaned 0");
    BOOST_TEST(takes_out(made, rules));
    BOOST_TEST(made.deliveries.front().headers.is_off());
    const auto plain = saying("Subject", "x").to("bob@c.example", absent());
    BOOST_TEST(outline(plain.under(rules)) == "untouched 0");
}

BOOST_AUTO_TEST_CASE(colleagues_share_the_copy_without_marks_and_mail_inside_keeps_them) {
    for (const auto headers : {message::profile::off, message::profile::standard}) {
        auto rules = house_that_listens(encrypt::never);
        rules.defaults.headers = headers;
        rules.rules = {};
        auto other = rule_for("b.example", {});
        also(other, {tag_is{{"[seal]"}}});
        rules.rules.push_back(other);
        auto mail = saying("Subject", "[seal]").to("bob@c.example", absent()).to("ben@example.org");
        const auto made = mail.under(rules);
        BOOST_TEST(outline(made) == "cleaned 0 1");
        BOOST_TEST(takes_out(made, rules));
        const auto inside = saying("Subject", "[seal]").to("ben@example.org").under(rules);
        BOOST_TEST(outline(inside) == "untouched 0");
        BOOST_TEST(!takes_out(inside, rules));
    }
    const auto rules = house_that_listens();
    auto sealed = saying("Subject", "[seal]").to("bob@b.example", found("B")).to("ben@example.org");
    BOOST_TEST(outline(sealed.under(rules)) == "sealed 0 | cleaned 1");
    BOOST_TEST(takes_out(sealed.under(rules), rules));
}

BOOST_AUTO_TEST_CASE(mail_that_is_not_ours_keeps_its_marks_unless_a_rule_claims_it) {
    auto rules = house_that_listens();
    auto mail = saying("Subject", "[seal]").to("bob@b.example", found("B"));
    mail.facts.from = these({"x@far.example"});
    BOOST_TEST(outline(mail.under(rules)) == "untouched 0");
    BOOST_TEST(!takes_out(mail.under(rules), rules));
    auto claiming = rules.rules[0];
    claiming.set.foreign = true;
    rules.rules = {};
    rules.rules.push_back(claiming);
    BOOST_TEST(outline(mail.under(rules)) == "sealed 0");
    BOOST_TEST(takes_out(mail.under(rules), rules));
}

BOOST_AUTO_TEST_CASE(a_key_matters_before_the_subject_is_known) {
    const auto rules = house_that_listens(encrypt::never);
    const auto mail = saying("Subject", "x").to("bob@b.example");
    BOOST_TEST(key_matters(rules, mail.origin, mail.envelope, nullptr, at("bob@b.example")));
    BOOST_TEST(!key_matters(rules, mail.origin, mail.envelope, &mail.facts, at("bob@b.example")));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
