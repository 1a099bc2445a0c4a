// SPDX-License-Identifier: Apache-2.0
#include "policy/rules.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(rules)

BOOST_AUTO_TEST_CASE(a_pattern_matches_local_part_and_domain_apart) {
    struct {
        std::string_view pattern;
        smtp::mailbox address;
        bool matches;
    } const table[] = {
        {"bob@example.com", {"bob", "example.com"}, true},
        {"bob@example.com", {"BOB", "Example.Com"}, true},
        {"bob@example.com", {"bob", "mail.example.com"}, false},
        {"*@example.com", {"bob", "example.com"}, true},
        {"*@example.com", {"bob", "mail.example.com"}, false},
        {"example.com", {"bob", "example.com"}, true},
        {"example.com", {"bob", "mail.example.com"}, false},
        {"*.example.com", {"bob", "a.b.example.com"}, true},
        {"*.example.com", {"bob", "example.com"}, false},
        {"*.example.com", {"bob", "badexample.com"}, false},
        {"support-*@example.com", {"support-7", "example.com"}, true},
        // A star never reaches across the '@', whatever a quoted local part contains.
        {"*@tickets.*", {"x@tickets.example", "evil.example"}, false},
        {"bob@*", {"bob@a", "b.example"}, false},
        {"*@court.example", {"x@court.example", "evil.example"}, false},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.pattern << " against " << row.address.local_part << " at "
                                       << row.address.domain) {
            BOOST_TEST(address_matches(row.pattern, folded_address(row.address)) == row.matches);
        }
    }
}

BOOST_AUTO_TEST_CASE(local_is_what_local_domains_say_and_the_bare_postmaster) {
    const auto rules = house();
    BOOST_TEST(is_local(rules, at("anna@example.org")));
    BOOST_TEST(is_local(rules, at("anna@EXAMPLE.org")));
    BOOST_TEST(is_local(rules, at("anna@lab.example.org")));
    BOOST_TEST(is_local(rules, {"postmaster", ""}));
    BOOST_TEST(!is_local(rules, at("anna@example.org.evil.example")));
    BOOST_TEST(!is_local(rules, at("anna@notexample.org")));
    BOOST_TEST(!is_local(rules, at("anna@[127.0.0.1]")));
}

BOOST_AUTO_TEST_CASE(the_first_rule_that_matches_decides_and_defaults_fill_in) {
    auto rules = house();
    rules.defaults.unusable_key = fallback::hold;
    overrides first;
    first.encrypt = encrypt::required;
    first.headers = message::profile::strict;
    first.exempt_lists = false;
    rules.rules = {rule_for("*@court.example", first), rule_for("court.example", {})};

    const auto matched = said_of(rules, {}, at("clerk@court.example"));
    BOOST_TEST(matched.rule == "the rule for *@court.example");
    auto expected = rules.defaults;
    expected.encrypt = encrypt::required;
    expected.headers = message::profile::strict;
    expected.exempt.lists = false;
    BOOST_CHECK(matched.settings == expected);

    const auto unmatched = said_of(rules, {}, at("bob@elsewhere.example"));
    BOOST_TEST(unmatched.rule == "defaults");
    BOOST_CHECK(unmatched.settings == rules.defaults);
    BOOST_TEST(!unmatched.foreign);
}

BOOST_AUTO_TEST_CASE(from_is_the_envelope_sender_or_an_author) {
    auto rules = house();
    auto lawyers = rule_for("", {});
    also(lawyers, from("*@legal.example.org"));
    rules.rules = {lawyers};
    const auto matched = [&](const std::optional<smtp::mailbox>& sender,
                             const std::vector<smtp::mailbox>& authors) {
        letter mail;
        mail.envelope.sender = sender;
        mail.facts.from = authors;
        return said_of(rules, mail, at("bob@b.example")).rule != "defaults";
    };
    BOOST_TEST(matched(at("a@legal.example.org"), {}));
    BOOST_TEST(matched(at("bounces@example.org"), these({"b@example.org", "a@legal.example.org"})));
    BOOST_TEST(matched({}, these({"a@legal.example.org"})));
    BOOST_TEST(!matched(at("a@example.org"), these({"a@example.org"})));
    BOOST_TEST(!matched({}, {}));
}

BOOST_AUTO_TEST_CASE(every_setting_of_a_rule_overrides_its_default) {
    overrides all;
    all.mode = mode::observe;
    all.encrypt = encrypt::never;
    all.without_key = fallback::reject;
    all.lookup_failed = fallback::send;
    all.unusable_key = fallback::defer;
    all.hold_for = std::chrono::hours(1);
    all.then = hold_end::send;
    all.key_change = key_change::hold;
    all.sources = allowed_sources{.local = true, .wkd = false, .keyservers = true};
    all.blind = blind_copies::reject;
    all.archive = at("archive@example.org");
    all.scope = scope::recipient;
    all.headers = message::profile::strict;
    all.date = message::date_form::utc;
    all.message_id = message::id_form::hmac;
    all.dkim = message::signature_rule::keep;
    all.header_protection = message::protection_policy::shy;
    all.subject = message::subject_outside::shown;
    all.exempt_reports = all.exempt_invitations = all.exempt_lists = all.exempt_key_exchange =
        false;
    all.min_rsa = 3072;
    all.min_elgamal = min_strength::any;
    all.min_curves = 384;
    all.foreign = true;
    all.note = "call us";
    auto rules = house();
    rules.rules = {rule_for("b.example", all)};

    const auto said = said_of(rules, {}, at("bob@b.example"));
    message::cleaning headers = message::profile::strict;
    headers.date = message::date_form::utc;
    headers.message_id = message::id_form::hmac;
    headers.dkim = message::signature_rule::keep;
    const settings expected{mode::observe,
                            encrypt::never,
                            fallback::reject,
                            fallback::send,
                            fallback::defer,
                            std::chrono::hours(1),
                            hold_end::send,
                            key_change::hold,
                            {true, false, true},
                            scope::recipient,
                            blind_copies::reject,
                            at("archive@example.org"),
                            headers,
                            {message::protection_policy::shy, message::subject_outside::shown},
                            {false, false, false, false},
                            {3072, min_strength::any, 384},
                            "call us"};
    BOOST_CHECK(said.settings == expected);
    BOOST_TEST(said.foreign);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
