// SPDX-License-Identifier: Apache-2.0
#include "smtp/auth_exchange.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <variant>
#include <vector>

using namespace postseal::smtp;

namespace {

const reply accepted = make_reply(235, {}, "2.7.0 welcome");
const reply refused = make_reply(535, {}, "5.7.8 no");
const reply cancelled = make_reply(501, {}, "5.7.0 cancelled");

reply challenge(const std::string& text = "") { return make_reply(334, {}, text); }

// "> line" for the next hop, "< challenge" for the client, "= code" for the end.
std::string text_of(const auth_next& what) {
    if (const auto* tell = std::get_if<auth_step::tell_next_hop>(&what)) return "> " + tell->line;
    if (const auto* ask = std::get_if<auth_step::ask_client>(&what))
        return "< " + ask->challenge.lines.front();
    return "= " + std::to_string(std::get<auth_step::finish>(what).answer.code);
}

} // namespace

BOOST_AUTO_TEST_SUITE(login_passed_through)

BOOST_AUTO_TEST_CASE(an_initial_response_goes_with_the_command) {
    auth_exchange plain({"PLAIN", "AGFubmEAc2VjcmV0"});
    BOOST_TEST(plain.first_line() == "AUTH PLAIN AGFubmEAc2VjcmV0");
    BOOST_TEST((plain.name() == "anna"));
    BOOST_TEST(text_of(plain.on_next_hop(accepted)) == "= 235");
    auth_exchange empty({"XOAUTH2", ""});
    BOOST_TEST(empty.first_line() == "AUTH XOAUTH2 =");
    BOOST_TEST(text_of(empty.on_next_hop(refused)) == "= 535");
}

BOOST_AUTO_TEST_CASE(challenges_and_responses_are_passed_on_word_for_word) {
    auth_exchange login({"LOGIN", std::nullopt});
    BOOST_TEST(login.first_line() == "AUTH LOGIN");
    BOOST_TEST(text_of(login.on_next_hop(challenge("VXNlcm5hbWU6"))) == "< VXNlcm5hbWU6");
    BOOST_TEST(text_of(login.on_client("YW5uYQ==")) == "> YW5uYQ==");
    BOOST_TEST((login.name() == "anna"));
    BOOST_TEST(text_of(login.on_next_hop(challenge("UGFzc3dvcmQ6"))) == "< UGFzc3dvcmQ6");
    BOOST_TEST(text_of(login.on_client("c2VjcmV0")) == "> c2VjcmV0");
    BOOST_TEST((login.name() == "anna")); // the password is none
    BOOST_TEST(text_of(login.on_next_hop(accepted)) == "= 235");
}

// A server that takes no initial response, and asks for the user as if nothing had been said.
BOOST_AUTO_TEST_CASE(a_name_that_the_next_hop_has_passed_over_is_none) {
    auth_exchange login({"LOGIN", "Ym9zcw=="});
    BOOST_TEST(login.first_line() == "AUTH LOGIN Ym9zcw==");
    BOOST_TEST(text_of(login.on_next_hop(challenge("VXNlcm5hbWU6"))) == "< VXNlcm5hbWU6");
    BOOST_TEST(text_of(login.on_client("YW5uYQ==")) == "> YW5uYQ==");
    BOOST_TEST(text_of(login.on_next_hop(challenge("UGFzc3dvcmQ6"))) == "< UGFzc3dvcmQ6");
    BOOST_TEST(text_of(login.on_client("c2VjcmV0")) == "> c2VjcmV0");
    BOOST_TEST(text_of(login.on_next_hop(accepted)) == "= 235");
    BOOST_TEST(!login.name());

    auth_exchange cram({"CRAM-MD5", "Ym9zcyBhYmM="}); // it has no initial response
    (void)cram.first_line();
    BOOST_TEST(text_of(cram.on_next_hop(challenge("PDFAbXg+"))) == "< PDFAbXg+");
    BOOST_TEST(text_of(cram.on_client("YW5uYSBhYmM=")) == "> YW5uYSBhYmM=");
    BOOST_TEST(text_of(cram.on_next_hop(accepted)) == "= 235");
    BOOST_TEST(!cram.name());
}

BOOST_AUTO_TEST_CASE(an_empty_response_is_a_response) {
    auth_exchange bearer({"OAUTHBEARER", "bixhPWFubmEs"});
    (void)bearer.first_line();
    BOOST_TEST((bearer.name() == "anna"));
    BOOST_TEST(text_of(bearer.on_next_hop(challenge("eyJzdGF0dXMiOiI0MDEifQ=="))) ==
               "< eyJzdGF0dXMiOiI0MDEifQ==");
    BOOST_TEST(text_of(bearer.on_client("")) == "> ");
    BOOST_TEST(text_of(bearer.on_next_hop(refused)) == "= 535");
}

BOOST_AUTO_TEST_CASE(a_long_initial_response_waits_for_its_challenge) {
    const std::string fits(510 - 13, 'A'); // behind "AUTH XOAUTH2 "
    auth_exchange whole({"XOAUTH2", fits});
    BOOST_TEST(whole.first_line() == "AUTH XOAUTH2 " + fits);
    auth_exchange parted({"XOAUTH2", fits + 'A'});
    BOOST_TEST(parted.first_line() == "AUTH XOAUTH2");
    BOOST_TEST(text_of(parted.on_next_hop(challenge())) == "> " + fits + 'A');
    BOOST_TEST(text_of(parted.on_next_hop(challenge("eyJ9"))) == "< eyJ9");
    BOOST_TEST(text_of(parted.on_client("")) == "> ");
    BOOST_TEST(text_of(parted.on_next_hop(refused)) == "= 535");
}

BOOST_AUTO_TEST_CASE(a_client_may_give_up) {
    auth_exchange login({"LOGIN", std::nullopt});
    (void)login.first_line();
    (void)login.on_next_hop(challenge());
    BOOST_TEST(text_of(login.on_client("*")) == "> *");
    BOOST_TEST(text_of(login.on_next_hop(cancelled)) == "= 501");
}

BOOST_AUTO_TEST_CASE(what_is_no_response_is_cancelled_at_the_next_hop) {
    const auto cancelled_with = [](auto say, int code) {
        auth_exchange login({"LOGIN", std::nullopt});
        (void)login.first_line();
        (void)login.on_next_hop(challenge());
        BOOST_TEST(text_of(say(login)) == "> *");
        const auto end = login.on_next_hop(cancelled);
        BOOST_TEST(text_of(end) == "= " + std::to_string(code));
    };
    for (const std::string line : {"c2VjcmV0*", "a b", "=", "**", " *", "\xff", "QUIT:"})
        cancelled_with([&](auto& in) { return in.on_client(line); }, 501);
    cancelled_with([](auto& in) { return in.on_client(std::string(max_auth_line + 1, 'A')); }, 500);
    cancelled_with([](auto& in) { return in.on_client_line_too_long(); }, 500);
    cancelled_with([](auto& in) { return in.on_client_bare_newline(); }, 500);
}

BOOST_AUTO_TEST_CASE(a_response_may_be_as_long_as_a_token) {
    auth_exchange bearer({"OAUTHBEARER", std::nullopt});
    (void)bearer.first_line();
    (void)bearer.on_next_hop(challenge());
    const std::string token(max_auth_line, 'A');
    BOOST_TEST(text_of(bearer.on_client(token)) == "> " + token);
}

BOOST_AUTO_TEST_CASE(a_challenge_that_makes_no_sense_is_cancelled) {
    const std::vector<reply> table = {
        reply{334, {}, {"one", "two"}},
        reply{334, {}, {}},
        challenge(std::string(max_challenge + 1, 'A')),
    };
    for (const auto& odd : table) {
        auth_exchange login({"LOGIN", std::nullopt});
        (void)login.first_line();
        BOOST_TEST(text_of(login.on_next_hop(odd)) == "> *");
        BOOST_TEST(text_of(login.on_next_hop(cancelled)) == "= 454");
    }
}

BOOST_AUTO_TEST_CASE(an_exchange_has_an_end) {
    auth_exchange login({"LOGIN", std::nullopt});
    (void)login.first_line();
    for (int round = 0; round < max_auth_rounds; ++round) {
        BOOST_REQUIRE(text_of(login.on_next_hop(challenge("x"))) == "< x");
        (void)login.on_client("YQ==");
    }
    BOOST_TEST(text_of(login.on_next_hop(challenge("x"))) == "> *");
    BOOST_TEST(text_of(login.on_next_hop(cancelled)) == "= 454");
}

// Each of these would leave one side with a login that the other has not heard of, or a next hop
// that takes commands for content.
BOOST_AUTO_TEST_CASE(a_next_hop_that_loses_its_place_ends_the_conversation) {
    auth_exchange early({"PLAIN", std::nullopt});
    (void)early.first_line();
    BOOST_TEST(text_of(early.on_next_hop(accepted)) == "= 421");

    auth_exchange deferred({"PLAIN", std::string(600, 'A')});
    (void)deferred.first_line();
    BOOST_TEST(text_of(deferred.on_next_hop(accepted)) == "= 421");

    auth_exchange content({"PLAIN", "AGEAYg=="});
    (void)content.first_line();
    BOOST_TEST(text_of(content.on_next_hop(make_reply(354, {}, "go"))) == "= 421");

    for (const auto& odd : {accepted, challenge("x"), make_reply(250, {}, "ok")}) {
        auth_exchange after_all({"LOGIN", std::nullopt});
        (void)after_all.first_line();
        (void)after_all.on_next_hop(challenge());
        (void)after_all.on_client("*");
        BOOST_TEST(text_of(after_all.on_next_hop(odd)) == "= 421");
    }

    auth_exchange unasked({"LOGIN", std::nullopt});
    (void)unasked.first_line();
    (void)unasked.on_next_hop(challenge());
    BOOST_TEST(text_of(unasked.on_next_hop(accepted)) == "= 421");
}

BOOST_AUTO_TEST_CASE(a_client_that_speaks_out_of_turn_ends_the_conversation) {
    auth_exchange login({"LOGIN", std::nullopt});
    (void)login.first_line();
    BOOST_TEST(text_of(login.on_client("YW5uYQ==")) == "= 421");
    BOOST_TEST(text_of(login.on_client_line_too_long()) == "= 421");
    BOOST_TEST(text_of(login.on_client_bare_newline()) == "= 421");
}

BOOST_AUTO_TEST_CASE(a_next_hop_that_closes_is_believed) {
    auth_exchange login({"LOGIN", std::nullopt});
    (void)login.first_line();
    (void)login.on_next_hop(challenge());
    (void)login.on_client("not base64!");
    const auto end = login.on_next_hop(make_reply(421, {}, "4.3.2 bye"));
    BOOST_TEST(std::get<auth_step::finish>(end).answer.lines.front() == "4.3.2 bye");
}

BOOST_AUTO_TEST_CASE(no_reply_of_ours_quotes_what_was_said) {
    const std::vector<std::string> secrets = {"c2VjcmV0*", "c2VjcmV0 x",
                                              "\xff"
                                              "c2VjcmV0"};
    for (const auto& secret : secrets) {
        auth_exchange login({"LOGIN", std::nullopt});
        (void)login.first_line();
        (void)login.on_next_hop(challenge());
        (void)login.on_client(secret);
        const auto end = login.on_next_hop(cancelled);
        const auto log = to_log(std::get<auth_step::finish>(end).answer);
        BOOST_TEST(log.find("c2VjcmV0") == std::string::npos);
    }
}

// Whoever says what: lines for the next hop are commands that can be sent, a 235 ends what was
// really said, and there is an end.
BOOST_AUTO_TEST_CASE(random_exchanges_end) {
    const std::vector<std::string> lines = {"", "*", "YQ==", "AGEAYg==", "x y", "=", "QUIT"};
    const std::vector<int> codes = {334, 334, 334, 334, 334, 235, 250, 354, 421, 454, 501, 535};
    std::mt19937 random(5);
    for (int round = 0; round < 20000; ++round) {
        auth what{random() % 2 ? "PLAIN" : "LOGIN", std::nullopt};
        if (random() % 2 == 0) what.initial_response = std::string(random() % 2 ? 0 : 600, 'A');
        auth_exchange exchange(what);
        const auto first = exchange.first_line();
        BOOST_REQUIRE(first.size() <= 510);
        bool said_something = first.find(' ', 5) != std::string::npos;
        bool gave_up = false;
        auto next = exchange.on_next_hop(make_reply(codes[random() % codes.size()], {}, "x"));
        int steps = 0;
        while (!std::holds_alternative<auth_step::finish>(next)) {
            BOOST_REQUIRE(++steps < 4 * max_auth_rounds);
            if (const auto* tell = std::get_if<auth_step::tell_next_hop>(&next)) {
                BOOST_REQUIRE(tell->line.find_first_of("\r\n ") == std::string::npos);
                gave_up = gave_up || tell->line == "*";
                said_something = said_something || tell->line != "*";
                next = exchange.on_next_hop(make_reply(codes[random() % codes.size()], {}, "x"));
            } else {
                BOOST_REQUIRE(!gave_up);
                next = exchange.on_client(lines[random() % lines.size()]);
            }
        }
        const auto& end = std::get<auth_step::finish>(next).answer;
        BOOST_REQUIRE(!end.intermediate());
        BOOST_REQUIRE(!end.positive() || (said_something && !gave_up));
    }
}

BOOST_AUTO_TEST_SUITE_END()
