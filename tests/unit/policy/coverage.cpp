// SPDX-License-Identifier: Apache-2.0
#include "policy/coverage.hpp"

#include "policy/description.hpp"

#include "scene.hpp"

#include <algorithm>
#include <random>

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(coverages)

namespace {

condition all(conditions each) { return {all_of{std::move(each)}}; }
condition any(conditions each) { return {any_of{std::move(each)}}; }
condition none(conditions each) { return {none_of{std::move(each)}}; }

condition over(std::uint64_t octets) { return {size_is{octets, {}}}; }
condition under(std::uint64_t octets) { return {size_is{{}, octets}}; }
condition of_class(std::vector<message_class> classes) { return {class_is{std::move(classes)}}; }

condition header(std::string_view field, std::vector<std::string_view> patterns) {
    header_is made{std::string{field}, {}};
    for (const auto pattern : patterns) {
        std::string mistake;
        made.any_of.push_back(text_pattern::parse(pattern, mistake).value());
    }
    return {std::move(made)};
}

condition to_some(std::initializer_list<std::string_view> patterns) {
    return {to_is{any_of_these(patterns)}};
}

const condition everything = all({});

} // namespace

BOOST_AUTO_TEST_CASE(a_condition_covers_another_that_never_holds_without_it) {
    const auto plain = of_class({message_class::plain});
    const auto plain_or_list = of_class({message_class::plain, message_class::list});
    const struct {
        condition wide, narrow;
        bool covers;
    } table[] = {
        {everything, to("bob@b.example"), true},
        {everything, everything, true},
        {to("b.example"), everything, false},
        {to("/^b/"), to("/^b/"), true},
        {to_some({"/^b/", "b.example"}), to_some({"x@b.example", "/^b/"}), true},
        {to("/^b/"), to("bob@b.example"), false},
        {to("/^/"), to("bob@b.example"), false},
        {to("*@*"), to("/^b/"), true},
        {to("*.example"), to("/^b/"), false},
        {to("/^b/i"), to("/^b/"), false},
        {to("b.example"), to("bob@b.example"), true},
        {to("bob@b.example"), to("b.example"), false},
        {to_some({"b.example", "c.example"}), to_some({"x@c.example", "y@b.example"}), true},
        {to_some({"b.example", "c.example"}), to_some({"x@c.example", "d.example"}), false},
        // Envelope sender and authors are others than recipients.
        {to("b.example"), from("b.example"), false},
        {from("example.org"), from("anna@example.org"), true},
        {client("10.0.0.0/8"), client("10.1.0.0/16"), true},
        {client("10.1.0.0/16"), client("10.0.0.0/8"), false},
        {client("0.0.0.0/0"), client("::/0"), false},
        // Nobody may have said who the client is: then this is no "everything".
        {client("0.0.0.0/0"), everything, false},
        {{listener_is{{"a", "b"}}}, {listener_is{{"b"}}}, true},
        {{listener_is{{"b"}}}, {listener_is{{"a", "b"}}}, false},
        {{tls_is{true}}, {tls_is{true}}, true},
        {{tls_is{true}}, {tls_is{false}}, false},
        {{tls_is{true}}, {authenticated_is{true}}, false},
        {{login_is{{"*@example.org"}}}, {login_is{{"anna@example.org"}}}, true},
        {{login_is{{"anna@example.org"}}}, {login_is{{"*@example.org"}}}, false},
        {over(10), over(20), true},
        {over(20), over(10), false},
        {under(20), {size_is{5, 10}}, true},
        {{size_is{5, 10}}, under(10), false},
        {over(0), under(10), false},
        {{attachment_is{true}}, {attachment_is{true}}, true},
        {{known_key_is{true}}, {known_key_is{false}}, false},
        {{tag_is{{"[a]", "[b]"}}}, {tag_is{{"[B]"}}}, true},
        {{tag_is{{"[b]"}}}, {tag_is{{"[a]", "[b]"}}}, false},
        {{request_is{"X-A", {"b", "c"}}}, {request_is{"x-a", {"B"}}}, true},
        {{request_is{"X-A", {"b"}}}, {request_is{"X-B", {"b"}}}, false},
        {{request_is{"X-A", {"b"}}}, {request_is{"X-A", {"b", "c"}}}, false},
        {plain_or_list, plain, true},
        {plain, plain_or_list, false},
        {header("Subject", {"*a*"}), header("subject", {"*cab*"}), true},
        {header("Subject", {"*a*"}), header("X-Other", {"*cab*"}), false},
        {header("Subject", {"*"}), header("Subject", {"/a/"}), true},
        {header("Subject", {"/a/"}), header("Subject", {"a"}), false},
        {header("Subject", {"/a/"}), header("Subject", {"/a/"}), true},
        {header("Subject", {"/a/"}), header("Subject", {"/a/i"}), false},
        // Put together.
        {to("b.example"), all({to("bob@b.example"), over(10)}), true},
        {all({to("b.example"), over(10)}), to("bob@b.example"), false},
        {all({to("b.example"), over(10)}), all({over(20), to("bob@b.example")}), true},
        {any({to("b.example"), over(10)}), to("bob@b.example"), true},
        {to("b.example"), any({to("bob@b.example"), to("b.example")}), true},
        {to("b.example"), any({to("bob@b.example"), over(10)}), false},
        {any({to("c.example"), to("b.example")}), any({to("x@b.example"), to("y@c.example")}),
         true},
        {none({to("bob@b.example")}), none({to("b.example")}), true},
        {none({to("b.example")}), none({to("bob@b.example")}), false},
        {none({to("b.example")}), to("x@c.example"), true},
        {none({to("b.example")}), to("x@b.example"), false},
        {none({client("10.0.0.0/8")}), client("192.0.2.1"), true},
        {none({client("10.0.0.0/8")}), to("x@c.example"), false},
        {none({over(10), to("b.example")}), all({under(5), to("x@c.example")}), true},
    };
    for (const auto& row : table)
        BOOST_TEST(coverage().covers(row.wide, row.narrow) == row.covers,
                   describe(row.wide) << " COVERS " << describe(row.narrow));
}

BOOST_AUTO_TEST_CASE(conditions_exclude_each_other_where_both_cannot_hold) {
    const struct {
        condition one, other;
        bool exclude;
    } table[] = {
        {to("b.example"), to("c.example"), true},
        {to("b.example"), to("bob@b.example"), false},
        {to("/^a/"), to("/^b/"), false},
        {to("/@c/"), to("b.example"), false},
        // A message has an envelope sender and perhaps several authors.
        {from("b.example"), from("c.example"), false},
        {header("Subject", {"a"}), header("Subject", {"b"}), false},
        {{tag_is{{"[a]"}}}, {tag_is{{"[b]"}}}, false},
        {{request_is{"X-A", {"a"}}}, {request_is{"X-A", {"b"}}}, false},
        {client("10.0.0.0/8"), client("192.0.2.0/24"), true},
        {client("10.0.0.0/8"), client("10.1.0.0/16"), false},
        {client("10.0.0.0/8"), client("::/0"), true},
        {{listener_is{{"a"}}}, {listener_is{{"b", "c"}}}, true},
        {{listener_is{{"a", "b"}}}, {listener_is{{"b"}}}, false},
        {{tls_is{true}}, {tls_is{false}}, true},
        {{authenticated_is{true}}, {authenticated_is{true}}, false},
        {{login_is{{"anna"}}}, {login_is{{"*@example.org"}}}, true},
        {over(10), under(11), true},
        {over(10), under(12), false},
        {of_class({message_class::plain}), of_class({message_class::encrypted}), true},
        {of_class({message_class::plain}), of_class({message_class::list}), false},
        {{attachment_is{true}}, {attachment_is{false}}, true},
        {{known_key_is{true}}, {known_key_is{false}}, true},
        {to("bob@b.example"), none({to("b.example")}), true},
        {to("b.example"), none({to("bob@b.example")}), false},
        {all({to("b.example"), over(10)}), all({under(5), from("a.example")}), true},
        {any({over(10), to("c.example")}), all({under(5), to("b.example")}), true},
        {any({over(10), to("b.example")}), all({under(5), to("b.example")}), false},
        {everything, to("b.example"), false},
    };
    for (const auto& row : table) {
        BOOST_TEST(coverage().excludes(row.one, row.other) == row.exclude,
                   describe(row.one) << " EXCLUDES " << describe(row.other));
        BOOST_TEST(coverage().excludes(row.other, row.one) == row.exclude,
                   describe(row.other) << " EXCLUDES " << describe(row.one));
    }
}

namespace {

class inventor {
  public:
    explicit inventor(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool maybe() { return below(2) == 0; }
    template<class Some>
    const auto& pick(const Some& some) {
        return some[below(std::size(some))];
    }

    condition question(int depth = 3) {
        if (depth == 0 || below(3) != 0) return leaf();
        conditions each;
        for (auto count = 1 + below(3); count > 0; --count)
            each.push_back(question(depth - 1));
        switch (below(3)) {
        case 0: return all(std::move(each));
        case 1: return any(std::move(each));
        }
        return none(std::move(each));
    }

    condition leaf() {
        const std::string_view patterns[] = {
            "bob@b.example", "b.example",       "*@b.example", "*.example",
            "c.example",     "*.b.example",     "b*@*",        "x@a.b.example",
            "/^b/",          "/@b\\.example$/", "*@*"};
        switch (below(11)) {
        case 0: return to_some({pick(patterns), pick(patterns)});
        case 1: return from(pick(patterns));
        case 2: return {listener_is{{maybe() ? "a" : "b", maybe() ? "b" : "c"}}};
        case 3: {
            const std::string_view networks[] = {"10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "::/0"};
            return client(pick(networks));
        }
        case 4: return {tls_is{maybe()}};
        case 5: return {login_is{{maybe() ? "anna" : "*a"}}};
        case 6: {
            const std::string_view texts[] = {"*a*", "cab", "*", "/a/", "/A/i"};
            return header(maybe() ? "Subject" : "X-A", {pick(texts)});
        }
        case 7: {
            const auto low = below(3) * 10;
            if (maybe()) return maybe() ? over(low) : under(low);
            return {size_is{low, low + 2 + below(20)}};
        }
        case 8: return {attachment_is{maybe()}};
        case 9: return of_class({static_cast<message_class>(below(8))});
        }
        return {known_key_is{maybe()}};
    }

    letter mail() {
        const std::string_view addresses[] = {"bob@b.example", "x@a.b.example", "b@c.example"};
        letter made;
        made.origin.listener = maybe() ? "a" : "b";
        if (maybe()) made.origin.client = host(maybe() ? "10.1.0.1" : "2001:db8::1");
        if (maybe()) made.origin.tls = maybe();
        if (maybe()) made.origin.login = maybe() ? "anna" : "bert";
        made.envelope.sender = at(pick(addresses));
        made.facts.from = these({pick(addresses), pick(addresses)});
        made.to(pick(addresses));
        for (auto count = below(3); count > 0; --count)
            made.facts.fields.push_back(
                {maybe() ? "Subject" : "x-a", below(3) == 0 ? "cab" : (maybe() ? "b" : "A")});
        made.facts.size = below(40);
        made.facts.protected_as = static_cast<message::protection>(below(3));
        made.facts.list = maybe();
        made.facts.attachment = maybe();
        return made;
    }

  private:
    std::mt19937 random_;
};

// Nobody cares here why something is not known.
int degree(truth answer) {
    switch (answer) {
    case truth::no: return -1;
    case truth::unknown:
    case truth::open: return 0;
    case truth::yes: return 1;
    }
    return 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_said_of_two_conditions_is_true_of_all_mail) {
    inventor invent(7);
    int covered = 0, excluded = 0;
    for (int round = 0; round < 30'000; ++round) {
        const auto one = invent.question(), other = invent.question();
        coverage judge;
        const bool covers = judge.covers(one, other);
        const bool excludes = judge.excludes(one, other);
        if (!covers && !excludes) continue;
        for (int i = 0; i < 20; ++i) {
            const auto mail = invent.mail();
            const auto* facts = invent.below(4) == 0 ? nullptr : &mail.facts;
            const circumstances around(mail.origin, mail.envelope.sender, facts);
            addressee whom{folded_address(mail.envelope.recipients[0].address), {}};
            if (invent.maybe()) whom.key_known = invent.maybe();
            const auto here = degree(holds(one, around, whom));
            const auto there = degree(holds(other, around, whom));
            if (covers && there > -1) {
                ++covered;
                BOOST_REQUIRE_MESSAGE(there <= here, describe(one)
                                                         << " COVERS " << describe(other));
            }
            if (excludes && here > -1) {
                ++excluded;
                BOOST_REQUIRE_MESSAGE(there <= -here, describe(one)
                                                          << " EXCLUDES " << describe(other));
            }
        }
    }
    BOOST_TEST(covered > 1'000);
    BOOST_TEST(excluded > 1'000);
}

BOOST_AUTO_TEST_CASE(who_has_no_effort_left_says_no) {
    const auto wide = to("b.example"), narrow = to("bob@b.example");
    coverage tired(1);
    BOOST_TEST(!tired.covers(wide, narrow));
    BOOST_TEST(tired.is_exhausted());
    BOOST_TEST(!tired.excludes(to("c.example"), narrow));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
