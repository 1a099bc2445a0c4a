// SPDX-License-Identifier: Apache-2.0
#include "policy/condition.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(conditions_)

namespace {

origin known() { return {"front", host("192.0.2.7"), true, true, "anna@example.org"}; }

origin from_nobody_knows_where() {
    origin nothing;
    nothing.listener = "front";
    return nothing;
}

letter over(origin where) {
    letter mail;
    mail.origin = std::move(where);
    return mail;
}

truth of(const condition& asked, const letter& mail, std::optional<bool> key_known = {},
         std::string_view to = "bob@b.example") {
    const circumstances around(mail.origin, mail.envelope.sender, &mail.facts);
    return holds(asked, around, {folded_address(at(to)), key_known});
}

truth before_data(const condition& asked, const letter& mail) {
    const circumstances around(mail.origin, mail.envelope.sender, nullptr);
    return holds(asked, around, {folded_address(at("bob@b.example")), {}});
}

text_pattern pattern(std::string_view written) {
    std::string mistake;
    const auto parsed = text_pattern::parse(written, mistake);
    BOOST_REQUIRE_MESSAGE(parsed, written << ": " << mistake);
    return *parsed;
}

condition header(const std::string& field, std::string_view written) {
    return {header_is{field, {pattern(written)}}};
}

condition not_(condition one) { return {none_of{{std::move(one)}}}; }

const condition yes{all_of{}}, no{any_of{}};

// All that a condition can ask of the connection.
const std::pair<std::string_view, condition> of_the_connection[] = {
    {"client", client("192.0.2.0/24")},
    {"every client", client("0.0.0.0/0")},
    {"tls", {tls_is{true}}},
    {"no tls", {tls_is{false}}},
    {"authenticated", {authenticated_is{true}}},
    {"not authenticated", {authenticated_is{false}}},
    {"login", {login_is{{"*"}}}},
};

} // namespace

BOOST_AUTO_TEST_CASE(what_is_not_known_of_the_connection_is_neither_so_nor_not_so) {
    const auto mail = over(from_nobody_knows_where());
    for (const auto& [name, asked] : of_the_connection) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_CHECK(of(asked, mail) == truth::unknown);
            BOOST_CHECK(of(not_(asked), mail) == truth::unknown);
        }
    }
}

BOOST_AUTO_TEST_CASE(before_the_message_has_come_all_that_is_in_it_is_open) {
    const std::pair<std::string_view, condition> in_the_message[] = {
        {"author", from("ben@*")},
        {"header", header("Subject", "*")},
        {"tag", {tag_is{{"[seal]"}}}},
        {"request", {request_is{"X-Seal", {"required"}}}},
        {"size", {size_is{1, {}}}},
        {"attachment", {attachment_is{false}}},
        {"class", {class_is{{message_class::plain}}}},
        {"key", {known_key_is{true}}},
    };
    for (const auto& [name, asked] : in_the_message) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_CHECK(before_data(asked, {}) == truth::open);
            BOOST_CHECK(before_data(not_(asked), {}) == truth::open);
        }
    }
    BOOST_CHECK(before_data(from("anna@*"), {}) == truth::yes);
    BOOST_CHECK(before_data(to("bob@*"), {}) == truth::yes);
    BOOST_CHECK(before_data(to("cara@*"), {}) == truth::no);
}

BOOST_AUTO_TEST_CASE(all_any_and_not_are_as_in_the_books) {
    const condition unknown{tls_is{true}}, open{known_key_is{true}};
    const condition kinds[] = {no, unknown, open, yes};
    const truth values[] = {truth::no, truth::unknown, truth::open, truth::yes};
    const auto mail = over(from_nobody_knows_where());
    for (std::size_t a = 0; a < 4; ++a) {
        BOOST_CHECK(of(not_(kinds[a]), mail) == opposite(values[a]));
        for (std::size_t b = 0; b < 4; ++b) {
            BOOST_TEST_CONTEXT(a << " and " << b) {
                BOOST_CHECK(of({all_of{{kinds[a], kinds[b]}}}, mail) == values[std::min(a, b)]);
                BOOST_CHECK(of({any_of{{kinds[a], kinds[b]}}}, mail) == values[std::max(a, b)]);
                BOOST_CHECK(of({none_of{{kinds[a], kinds[b]}}}, mail) ==
                            opposite(values[std::max(a, b)]));
            }
        }
    }
    BOOST_CHECK(opposite(truth::no) == truth::yes);
    BOOST_CHECK(opposite(truth::yes) == truth::no);
    BOOST_CHECK(opposite(truth::unknown) == truth::unknown);
    BOOST_CHECK(opposite(truth::open) == truth::open);
}

BOOST_AUTO_TEST_CASE(the_client_is_in_one_of_the_networks) {
    const condition asked{
        client_is{{network("10.0.0.0/8"), network("192.0.2.0/28"), network("2001:db8::/32")}}};
    struct {
        std::string_view client;
        bool expected;
    } const table[] = {
        {"192.0.2.7", true},        {"192.0.2.16", false},  {"10.255.0.1", true},
        {"2001:db8::1", true},      {"2001:db9::1", false}, {"11.0.0.1", false},
        {"::ffff:192.0.2.7", true}, // one host, however it is written
    };
    for (const auto& row : table) {
        auto mail = over(known());
        mail.origin.client = host(row.client);
        BOOST_CHECK_MESSAGE(of(asked, mail) == truth_of(row.expected), row.client);
    }
}

BOOST_AUTO_TEST_CASE(the_listener_is_one_of_those_named) {
    BOOST_CHECK(of({listener_is{{"filter", "front"}}}, over(known())) == truth::yes);
    // Names, not patterns.
    BOOST_CHECK(of({listener_is{{"filter", "Front", "fron*"}}}, over(known())) == truth::no);
}

BOOST_AUTO_TEST_CASE(tls_and_login_are_asked_for_either_way) {
    for (const bool asked : {true, false}) {
        for (const bool is : {true, false}) {
            auto mail = over(known());
            mail.origin.tls = is;
            BOOST_CHECK(of({tls_is{asked}}, mail) == truth_of(asked == is));
            mail = over(known());
            mail.origin.authenticated = is;
            BOOST_CHECK(of({authenticated_is{asked}}, mail) == truth_of(asked == is));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_login_name_is_matched_whole_and_in_any_case) {
    struct {
        std::string_view pattern, name;
        bool expected;
    } const table[] = {
        {"anna", "anna", true},
        {"anna", "Anna", true},
        {"ANNA", "anna", true},
        {"anna", "anna@example.org", false}, // another name, though the person may be the same
        {"anna*", "anna@example.org", true},
        {"*@example.org", "anna@example.org", true},
        {"*@example.org", "anna", false},
        {"example.org", "anna@example.org", false}, // no address, so no domain
        {"EXAMPLE\\*", "example\\anna", true},
        {"svc-?", "svc-7", true},
        {"svc-?", "svc-77", false},
        {"*", "", true}, // logged in, and known to be nobody: still known
    };
    for (const auto& row : table) {
        auto mail = over(known());
        mail.origin.login = std::string{row.name};
        BOOST_CHECK_MESSAGE(of({login_is{{"nobody", std::string{row.pattern}}}}, mail) ==
                                truth_of(row.expected),
                            row.pattern << " against " << row.name);
    }
}

BOOST_AUTO_TEST_CASE(a_header_field_is_a_glob_or_has_an_expression_in_it) {
    struct {
        std::string_view pattern, text;
        bool expected;
    } const table[] = {
        {"*draft*", "The Draft of May", true},
        {"draft", "The draft", false}, // the whole text
        {"/draft/", "The draft", true},
        {"/draft/", "The Draft", false},
        {"/draft/i", "The Draft", true},
        {"/^\\[sec\\]/", "[sec] figures", true},
        {"/^\\[sec\\]/", "Re: [sec] figures", false},
        {"/^$/", "", true},
        {"/./", "\xff\xfe", false}, // no UTF-8, no letter
        {"/(a*)*b/", std::string_view{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"}, false},
    };
    for (const auto& row : table) {
        letter mail;
        mail.facts.fields = {{"X-Other", "draft"}, {"subject", std::string{row.text}}};
        BOOST_CHECK_MESSAGE(of(header("Subject", row.pattern), mail) == truth_of(row.expected),
                            row.pattern << " against " << row.text);
    }
    letter twice;
    twice.facts.fields = {{"Keywords", "one"}, {"Keywords", "two"}};
    BOOST_CHECK(of(header("Keywords", "two"), twice) == truth::yes);
    BOOST_CHECK(of(header("Keywords", "three"), twice) == truth::no);
    BOOST_CHECK(of(header("Comments", "*"), twice) == truth::no); // not there at all
}

BOOST_AUTO_TEST_CASE(what_is_no_expression_says_why) {
    for (const std::string_view written :
         {"/", "//", "//i", "/a", "/a(/", "/(?=a)/", "/a{2000}/"}) {
        std::string mistake;
        BOOST_TEST(!text_pattern::parse(written, mistake), written);
        BOOST_TEST(!mistake.empty(), written);
    }
}

BOOST_AUTO_TEST_CASE(a_size_lies_between_two_others) {
    struct {
        std::optional<std::uint64_t> over, under;
        std::uint64_t size;
        bool expected;
    } const table[] = {
        {10, {}, 10, false}, {10, {}, 11, true}, {{}, 10, 10, false},
        {{}, 10, 9, true},   {10, 12, 11, true}, {10, 12, 12, false},
    };
    for (const auto& row : table) {
        letter mail;
        mail.facts.size = row.size;
        BOOST_CHECK_MESSAGE(of({size_is{row.over, row.under}}, mail) == truth_of(row.expected),
                            row.size);
    }
}

BOOST_AUTO_TEST_CASE(every_class_is_told_from_the_others) {
    struct {
        message_class what;
        void (*make)(message::facts&);
    } const table[] = {
        {message_class::is_signed,
         [](auto& facts) { facts.protected_as = message::protection::is_signed; }},
        {message_class::encrypted,
         [](auto& facts) { facts.protected_as = message::protection::encrypted; }},
        {message_class::report, [](auto& facts) { facts.report = true; }},
        {message_class::invitation, [](auto& facts) { facts.invitation = true; }},
        {message_class::list, [](auto& facts) { facts.list = true; }},
        {message_class::key_exchange, [](auto& facts) { facts.key_exchange = true; }},
        {message_class::fragment, [](auto& facts) { facts.fragment = true; }},
    };
    for (const auto& made : table) {
        letter mail;
        made.make(mail.facts);
        for (const auto& asked : table)
            BOOST_CHECK_MESSAGE(of({class_is{{asked.what}}}, mail) ==
                                    truth_of(asked.what == made.what),
                                to_string(asked.what) << " of " << to_string(made.what));
        const bool plain = mail.facts.protected_as == message::protection::none;
        BOOST_CHECK(of({class_is{{message_class::plain}}}, mail) == truth_of(plain));
    }
}

BOOST_AUTO_TEST_CASE(a_known_key_and_an_attachment_are_asked_for_either_way) {
    for (const bool asked : {true, false}) {
        for (const bool is : {true, false}) {
            BOOST_CHECK(of({known_key_is{asked}}, {}, is) == truth_of(asked == is));
            letter mail;
            mail.facts.attachment = is;
            BOOST_CHECK(of({attachment_is{asked}}, mail) == truth_of(asked == is));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_rule_matches_by_connection_and_addresses_together) {
    auto rules = house();
    overrides never;
    never.encrypt = encrypt::never;
    auto one = rule_for("b.example", never);
    also(one, client("192.0.2.0/24"));
    rules.rules = {one};
    BOOST_TEST(said_of(rules, over(known()), at("bob@b.example")).rule == "the rule for b.example");
    BOOST_TEST(said_of(rules, over(known()), at("cara@c.example")).rule == "defaults");
    BOOST_TEST(said_of(rules, {}, at("bob@b.example")).rule == "defaults");
}

// The advice of docs/policy.md: who must be sealed stands in the defaults, and rules relax.
BOOST_AUTO_TEST_CASE(a_client_that_nobody_knows_gets_no_relief) {
    auto rules = house();
    rules.defaults.encrypt = encrypt::required;
    overrides never;
    never.encrypt = encrypt::never;
    auto one = rule_for("", never);
    also(one, client("192.0.2.0/24"));
    rules.rules = {one};
    auto mail = letter{}.to("bob@b.example", absent());
    BOOST_TEST(outline(mail.under(rules)) == "550 5.7.5");
    mail.origin.client = host("192.0.2.7");
    BOOST_TEST(outline(mail.under(rules)) == "cleaned 0");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
