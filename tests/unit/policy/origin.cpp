// SPDX-License-Identifier: Apache-2.0
#include "policy/origin.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(origins)

namespace {

origin known() { return {"front", host("192.0.2.7"), true, true, "anna@example.org"}; }

// All that a condition of a rule can ask, each in a rule of its own.
const std::pair<std::string_view, origin_match> conditions[] = {
    {"client",
     {.listener = {},
      .client = {network("192.0.2.0/24")},
      .tls = {},
      .authenticated = {},
      .login = {}}},
    {"tls", {.listener = {}, .client = {}, .tls = true, .authenticated = {}, .login = {}}},
    {"no tls", {.listener = {}, .client = {}, .tls = false, .authenticated = {}, .login = {}}},
    {"authenticated",
     {.listener = {}, .client = {}, .tls = {}, .authenticated = true, .login = {}}},
    {"not authenticated",
     {.listener = {}, .client = {}, .tls = {}, .authenticated = false, .login = {}}},
    {"login", {.listener = {}, .client = {}, .tls = {}, .authenticated = {}, .login = {"*"}}},
};

} // namespace

BOOST_AUTO_TEST_CASE(what_is_not_asked_for_holds_known_or_not) {
    BOOST_TEST(matches({}, {}));
    BOOST_TEST(matches({}, known()));
}

BOOST_AUTO_TEST_CASE(what_is_not_known_matches_nothing_that_is_asked) {
    origin nothing;
    nothing.listener = "front";
    for (const auto& [name, asked] : conditions)
        BOOST_TEST(!matches(asked, nothing), name);
}

BOOST_AUTO_TEST_CASE(the_client_is_in_one_of_the_networks) {
    origin_match asked;
    asked.client = {network("10.0.0.0/8"), network("192.0.2.0/28"), network("2001:db8::/32")};
    struct {
        std::string_view client;
        bool expected;
    } const table[] = {
        {"192.0.2.7", true},        {"192.0.2.16", false},  {"10.255.0.1", true},
        {"2001:db8::1", true},      {"2001:db9::1", false}, {"11.0.0.1", false},
        {"::ffff:192.0.2.7", true}, // one host, however it is written
    };
    for (const auto& row : table) {
        auto mail = known();
        mail.client = host(row.client);
        BOOST_TEST(matches(asked, mail) == row.expected, row.client);
    }
}

BOOST_AUTO_TEST_CASE(the_listener_is_one_of_those_named) {
    origin_match asked;
    asked.listener = {"filter", "front"};
    BOOST_TEST(matches(asked, known()));
    asked.listener = {"filter", "Front", "fron*"}; // names, not patterns
    BOOST_TEST(!matches(asked, known()));
}

BOOST_AUTO_TEST_CASE(tls_and_login_are_asked_for_either_way) {
    for (const bool asked : {true, false}) {
        for (const bool is : {true, false}) {
            auto mail = known();
            mail.tls = is;
            origin_match tls;
            tls.tls = asked;
            BOOST_TEST(matches(tls, mail) == (asked == is));
            mail = known();
            mail.authenticated = is;
            origin_match authenticated;
            authenticated.authenticated = asked;
            BOOST_TEST(matches(authenticated, mail) == (asked == is));
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
        auto mail = known();
        mail.login = std::string{row.name};
        origin_match asked;
        asked.login = {"nobody", std::string{row.pattern}};
        BOOST_TEST(matches(asked, mail) == row.expected, row.pattern << " against " << row.name);
    }
}

BOOST_AUTO_TEST_CASE(every_condition_has_to_hold) {
    origin_match all;
    all.listener = {"front"};
    all.client = {network("192.0.2.0/24")};
    all.tls = all.authenticated = true;
    all.login = {"anna@*"};
    BOOST_TEST(matches(all, known()));
    origin wrong[5] = {known(), known(), known(), known(), known()};
    wrong[0].listener = "filter";
    wrong[1].client = host("198.51.100.1");
    wrong[2].tls = false;
    wrong[3].authenticated = false;
    wrong[4].login = "ben@example.org";
    for (const auto& one : wrong)
        BOOST_TEST(!matches(all, one));
}

BOOST_AUTO_TEST_CASE(a_rule_matches_by_connection_and_addresses_together) {
    auto rules = house();
    overrides never;
    never.encrypt = encrypt::never;
    rules.rules = {rule_for("b.example", never)};
    rules.rules.front().match.origin.client = {network("192.0.2.0/24")};
    const auto rule_over = [&](const origin& over, std::string_view to) {
        return evaluate(rules, over, at("anna@example.org"), {}, at(to)).rule;
    };
    BOOST_TEST(rule_over(known(), "bob@b.example") == "the rule for b.example");
    BOOST_TEST(rule_over(known(), "cara@c.example") == "defaults");
    BOOST_TEST(rule_over({}, "bob@b.example") == "defaults");
}

// The advice of docs/policy.md: who must be sealed stands in the defaults, and rules relax.
BOOST_AUTO_TEST_CASE(a_client_that_nobody_knows_gets_no_relief) {
    auto rules = house();
    rules.defaults.encrypt = encrypt::required;
    overrides never;
    never.encrypt = encrypt::never;
    rules.rules = {rule_for("", never)};
    rules.rules.front().match.origin.client = {network("192.0.2.0/24")};
    auto mail = letter{}.to("bob@b.example", absent());
    BOOST_TEST(outline(mail.under(rules)) == "550 5.7.5");
    mail.origin.client = host("192.0.2.7");
    BOOST_TEST(outline(mail.under(rules)) == "cleaned 0");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
