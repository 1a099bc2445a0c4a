// SPDX-License-Identifier: Apache-2.0
// STARTTLS and AUTH as the relay sees them; conversations stand in tests/dialogs.
#include "smtp/dialogue.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace postseal::smtp;

namespace {

const reply yes = make_reply(250, {}, "2.0.0 Ok");

dialogue_settings with(tls_state tls, login_rule login) {
    return {
        .hostname = "relay.example", .tls = tls, .login = login, .trust = client_trust::trusted};
}

extensions with_mechanisms() {
    extensions theirs;
    theirs.auth = true;
    theirs.mechanisms = {"PLAIN", "LOGIN"};
    theirs.xforward = {"NAME"};
    return theirs;
}

// 0 where the relay has something to do first.
int said(const next_action& what) {
    if (const auto* say = std::get_if<action::say>(&what)) return say->answer.code;
    if (const auto* close = std::get_if<action::say_and_close>(&what)) return close->answer.code;
    return 0;
}

void greet(dialogue& in, const extensions& theirs = with_mechanisms()) {
    const auto asked = in.on_line("EHLO client.example");
    if (std::holds_alternative<action::greet_next_hop>(asked)) in.on_extensions(theirs);
}

void start_tls(dialogue& in) {
    BOOST_REQUIRE(std::holds_alternative<action::start_tls>(in.on_line("STARTTLS")));
    in.on_tls();
}

bool asks_to_authenticate(dialogue& in, const std::string& line = "AUTH PLAIN AGEAYg==") {
    return std::holds_alternative<action::authenticate>(in.on_line(line));
}

} // namespace

BOOST_AUTO_TEST_SUITE(dialogue_with_tls_and_logins)

BOOST_AUTO_TEST_CASE(tls_forgets_everything_that_was_said_before) {
    dialogue in(with(tls_state::offered, login_rule::after_tls));
    greet(in);
    in.on_line("XFORWARD NAME=forged.example");
    in.on_xforward(yes);
    start_tls(in);
    BOOST_TEST(in.tls_active());
    BOOST_TEST(!in.extended());
    BOOST_TEST(in.client_domain().empty());
    BOOST_TEST(in.forwarded().empty());
    BOOST_TEST(said(in.on_line("MAIL FROM:<a@b>")) == 503);
    // The next hop is made to forget too, before anything else is asked of it.
    BOOST_TEST(std::holds_alternative<action::forward_rset>(in.on_line("EHLO client.example")));
    BOOST_TEST(in.on_rset(yes).lines.size() > 1U);
    BOOST_TEST(std::holds_alternative<action::forward_mail>(in.on_line("MAIL FROM:<a@b>")));
}

BOOST_AUTO_TEST_CASE(the_next_hop_is_not_greeted_again_after_tls) {
    dialogue in(with(tls_state::offered, login_rule::refused));
    greet(in);
    start_tls(in);
    BOOST_TEST(said(in.on_line("EHLO client.example")) == 250);
}

BOOST_AUTO_TEST_CASE(starttls_comes_once_and_before_everything_else) {
    dialogue in(with(tls_state::offered, login_rule::always));
    BOOST_TEST(said(in.on_line("STARTTLS")) == 503);
    greet(in);
    in.on_line("MAIL FROM:<a@b>");
    in.on_mail(yes);
    BOOST_TEST(said(in.on_line("STARTTLS")) == 503);
    in.on_line("RSET");
    in.on_rset(yes);
    BOOST_TEST(asks_to_authenticate(in));
    in.on_auth(make_reply(235, {}, "welcome"), "anna");
    BOOST_TEST(said(in.on_line("STARTTLS")) == 503); // or whoever speaks next would be anna

    dialogue active(with(tls_state::active, login_rule::refused));
    greet(active);
    BOOST_TEST(said(active.on_line("STARTTLS")) == 503);
    dialogue absent(with(tls_state::absent, login_rule::refused));
    greet(absent);
    BOOST_TEST(said(absent.on_line("STARTTLS")) == 502);
}

BOOST_AUTO_TEST_CASE(where_tls_is_required_nothing_else_works_without) {
    dialogue in(with(tls_state::required, login_rule::always));
    greet(in);
    for (const std::string line : {"MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "VRFY a",
                                   "XFORWARD NAME=a", "AUTH PLAIN AGEAYg=="})
        BOOST_TEST(said(in.on_line(line)) == 530, line);
    for (const std::string line : {"NOOP", "RSET", "EHLO again", "HELO again", "EHLO again"})
        BOOST_TEST(said(in.on_line(line)) == 250, line);
    start_tls(in);
    greet(in);
    BOOST_TEST(asks_to_authenticate(in));
}

BOOST_AUTO_TEST_CASE(a_pipeline_that_came_too_early_is_one_error) {
    auto ours = with(tls_state::required, login_rule::refused);
    ours.errors = 2;
    dialogue in(ours);
    greet(in);
    in.on_line("MAIL FROM:<a@b>");
    for (int i = 0; i < 50; ++i)
        BOOST_TEST(said(in.on_line("RCPT TO:<a@b>")) == 530);
    BOOST_TEST(said(in.on_line("DATA")) == 530);
    BOOST_TEST(!in.finished());
}

BOOST_AUTO_TEST_CASE(when_a_login_may_be_tried) {
    struct row {
        tls_state tls;
        login_rule login;
        int code; // 0: now
    };
    const std::vector<row> table = {
        {tls_state::absent, login_rule::refused, 502},
        {tls_state::active, login_rule::refused, 502},
        {tls_state::absent, login_rule::after_tls, 538},
        {tls_state::offered, login_rule::after_tls, 538},
        {tls_state::active, login_rule::after_tls, 0},
        {tls_state::absent, login_rule::always, 0},
        {tls_state::offered, login_rule::always, 0},
        {tls_state::required, login_rule::always, 530},
        {tls_state::required, login_rule::refused, 530},
        {tls_state::active, login_rule::always, 0},
    };
    for (const auto& [tls, login, code] : table) {
        dialogue in(with(tls, login));
        in.on_line("EHLO client.example");
        const auto offer = in.on_extensions(with_mechanisms());
        const bool offered = to_wire(offer).find("AUTH PLAIN LOGIN\r\n") != std::string::npos;
        BOOST_TEST(offered == (code == 0)); // offered where it works, and nowhere else
        BOOST_TEST((in.line_limit() == max_auth_line) == offered);
        BOOST_TEST(said(in.on_line("AUTH PLAIN AGEAYg==")) == code);
    }
}

BOOST_AUTO_TEST_CASE(only_what_the_next_hop_offers_is_asked_of_it) {
    dialogue in(with(tls_state::active, login_rule::after_tls));
    BOOST_TEST(said(in.on_line("AUTH PLAIN AGEAYg==")) == 503);
    greet(in);
    BOOST_TEST(said(in.on_line("AUTH CRAM-MD5")) == 504);
    BOOST_TEST(said(in.on_line("AUTH EXTERNAL =")) == 504);
    BOOST_TEST(asks_to_authenticate(in, "auth login"));
    dialogue without(with(tls_state::active, login_rule::after_tls));
    greet(without, extensions{});
    BOOST_TEST(said(without.on_line("AUTH PLAIN AGEAYg==")) == 502);
    BOOST_TEST(without.line_limit() == max_command_line);
}

BOOST_AUTO_TEST_CASE(a_login_is_for_once_and_outside_of_transactions) {
    dialogue in(with(tls_state::active, login_rule::after_tls));
    greet(in);
    in.on_line("MAIL FROM:<a@b>");
    in.on_mail(yes);
    BOOST_TEST(said(in.on_line("AUTH PLAIN AGEAYg==")) == 503);
    in.on_line("RSET");
    in.on_rset(yes);
    BOOST_TEST(!in.authenticated());
    BOOST_REQUIRE(asks_to_authenticate(in));
    BOOST_TEST(in.on_auth(make_reply(235, {}, "welcome"), "anna").lines[0] == "welcome");
    BOOST_TEST(in.authenticated());
    BOOST_TEST((in.login() == "anna"));
    BOOST_TEST(said(in.on_line("AUTH PLAIN AGEAYg==")) == 503);
    greet(in);
    BOOST_TEST(in.authenticated()); // the next hop has not forgotten either
    BOOST_TEST(in.line_limit() == max_command_line);
}

BOOST_AUTO_TEST_CASE(three_logins_may_fail) {
    dialogue in(with(tls_state::active, login_rule::after_tls));
    greet(in);
    for (std::size_t i = 0; i < max_failed_logins; ++i) {
        BOOST_REQUIRE(asks_to_authenticate(in));
        BOOST_TEST(in.on_auth(make_reply(535, {}, "5.7.8 no"), "anna").code == 535);
        BOOST_TEST(!in.authenticated());
        BOOST_TEST(!in.login());
    }
    BOOST_TEST(said(in.on_line("AUTH PLAIN AGEAYg==")) == 421);
    BOOST_TEST(in.finished());
}

BOOST_AUTO_TEST_CASE(an_end_of_the_exchange_that_makes_no_sense_ends_the_conversation) {
    for (const int code : {250, 220, 334, 354, 421}) {
        dialogue in(with(tls_state::active, login_rule::after_tls));
        greet(in);
        BOOST_REQUIRE(asks_to_authenticate(in));
        BOOST_TEST(in.on_auth(make_reply(code, {}, "x"), "anna").code == 421);
        BOOST_TEST(in.finished());
        BOOST_TEST(!in.authenticated());
    }
}

BOOST_AUTO_TEST_CASE(requiretls_needs_tls_all_the_way) {
    const std::string line = "MAIL FROM:<a@b> REQUIRETLS";
    extensions theirs;
    auto ours = with(tls_state::active, login_rule::refused);
    ours.trust = client_trust::stranger;
    dialogue not_behind(ours);
    greet(not_behind, theirs);
    BOOST_TEST(said(not_behind.on_line(line)) == 555);
    theirs.requiretls = true;
    dialogue both(ours);
    both.on_line("EHLO client.example");
    BOOST_TEST(both.on_extensions(theirs).lines.back() == "REQUIRETLS");
    const auto passed = both.on_line(line);
    BOOST_REQUIRE(std::holds_alternative<action::forward_mail>(passed));
    const auto& what = std::get<action::forward_mail>(passed).what;
    BOOST_TEST(mail_line(what.sender, what.parameters) == line);
    ours.tls = tls_state::offered;
    dialogue not_before(ours);
    greet(not_before, theirs);
    BOOST_TEST(said(not_before.on_line(line)) == 555);
    // A trusted filter client says what it likes, but it is never left out.
    dialogue trusted(with(tls_state::absent, login_rule::refused));
    greet(trusted, extensions{});
    BOOST_TEST(said(trusted.on_line(line)) == 550);
}

BOOST_AUTO_TEST_SUITE_END()
