// SPDX-License-Identifier: Apache-2.0
// What is easier to count than to write down; conversations stand in tests/dialogs.
#include "smtp/dialogue.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <variant>
#include <vector>

using namespace postseal::smtp;

namespace {

const reply yes = make_reply(250, {}, "2.0.0 Ok");

dialogue_settings settings() {
    dialogue_settings ours;
    ours.hostname = "relay.example";
    return ours;
}

// A next hop that answers everything with `answer`.
reply drive(dialogue& with, const next_action& what, const reply& answer) {
    if (const auto* say = std::get_if<action::say>(&what)) return say->answer;
    if (const auto* close = std::get_if<action::say_and_close>(&what)) return close->answer;
    if (const auto* collect = std::get_if<action::collect_data>(&what)) {
        with.on_data_done();
        return collect->go_ahead;
    }
    if (const auto* chunk = std::get_if<action::collect_chunk>(&what)) {
        if (chunk->last) with.on_data_done();
        return yes;
    }
    if (const auto* skip = std::get_if<action::skip_chunk>(&what)) return skip->answer;
    if (const auto* start = std::get_if<action::start_tls>(&what)) {
        with.on_tls();
        return start->go_ahead;
    }
    if (std::holds_alternative<action::authenticate>(what)) return with.on_auth(answer, "anna");
    if (std::holds_alternative<action::forward_mail>(what)) return with.on_mail(answer);
    if (std::holds_alternative<action::forward_rcpt>(what)) return with.on_rcpt(answer);
    if (std::holds_alternative<action::forward_rset>(what)) return with.on_rset(answer);
    if (std::holds_alternative<action::forward_xforward>(what)) return with.on_xforward(answer);
    extensions offered;
    offered.enhanced_status_codes = offered.eight_bit_mime = true;
    offered.xforward = {"NAME"};
    offered.mechanisms = {"PLAIN"};
    return answer.positive() ? with.on_extensions(offered) : with.on_refused(answer);
}

int say(dialogue& with, const std::string& line, const reply& answer = yes) {
    return drive(with, with.on_line(line), answer).code;
}

std::size_t count_until_closed(dialogue& with, const std::string& line) {
    std::size_t count = 0;
    while (!with.finished() && count < 5000) {
        say(with, line);
        ++count;
    }
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(dialogue_with_a_client)

BOOST_AUTO_TEST_CASE(junk_has_a_limit_of_its_own) {
    for (const std::string line : {"NOOP", "RSET", "VRFY a", "EHLO again", "HELO again"}) {
        dialogue with(settings());
        say(with, "EHLO client.example");
        BOOST_TEST(count_until_closed(with, line) == max_junk_commands + 1, line);
    }
}

BOOST_AUTO_TEST_CASE(the_error_budget_counts_lines_of_every_kind) {
    for (const std::string line : {"FOO", "DATA", "STARTTLS", "MAIL FROM:<a%b@c>"}) {
        dialogue with(settings());
        BOOST_TEST(count_until_closed(with, line) == settings().errors + 1, line);
    }
    dialogue with(settings());
    for (std::size_t i = 0; i < settings().errors; ++i)
        BOOST_TEST(
            drive(with, i % 2 ? with.on_line_too_long("") : with.on_bare_newline(""), yes).code ==
            500);
    BOOST_TEST(say(with, "FOO") == 421);
    BOOST_TEST(say(with, "NOOP") == 421); // and whatever comes then
}

BOOST_AUTO_TEST_CASE(a_pipeline_behind_a_refused_mail_is_excused_but_not_for_ever) {
    dialogue with(settings());
    say(with, "EHLO client.example");
    BOOST_TEST(say(with, "MAIL FROM:<a@b>", make_reply(550, {}, "no")) == 550);
    BOOST_TEST(count_until_closed(with, "RCPT TO:<c@d>") == max_overshoot + settings().errors + 1);
}

BOOST_AUTO_TEST_CASE(empty_chunks_are_junk_and_refused_ones_are_errors) {
    dialogue with(settings());
    say(with, "EHLO client.example");
    say(with, "MAIL FROM:<a@b>");
    say(with, "RCPT TO:<c@d>");
    for (int i = 0; i < 1000; ++i)
        BOOST_REQUIRE(say(with, "BDAT 1") == 250);
    BOOST_TEST(count_until_closed(with, "BDAT 0") == max_junk_commands + 1);
    dialogue without(settings());
    say(without, "EHLO client.example");
    BOOST_TEST(count_until_closed(without, "BDAT 9") == settings().errors + 1);
}

BOOST_AUTO_TEST_CASE(a_chunk_that_cannot_be_counted_closes) {
    for (const std::string line : {"BDAT", "bdat x", "BDAT 5\x01", "BDAT\t5", "BDAT99"}) {
        dialogue with(settings());
        const auto next = with.on_line(line);
        BOOST_TEST(std::holds_alternative<action::say_and_close>(next), line);
        BOOST_TEST(with.finished());
    }
    dialogue with(settings());
    BOOST_TEST(std::holds_alternative<action::say_and_close>(with.on_bare_newline("BDAT 5")));
}

BOOST_AUTO_TEST_CASE(a_message_starts_the_counts_anew) {
    dialogue with(settings());
    say(with, "EHLO client.example");
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 15; ++i)
            say(with, "FOO");
        for (int i = 0; i < 80; ++i)
            say(with, "NOOP");
        say(with, "MAIL FROM:<a@b>");
        say(with, "RCPT TO:<c@d>");
        BOOST_REQUIRE(say(with, "DATA") == 354);
    }
}

BOOST_AUTO_TEST_CASE(the_envelope_holds_accepted_recipients_and_all_parameters) {
    auto ours = settings();
    ours.trust = client_trust::trusted;
    dialogue with(ours);
    say(with, "EHLO client.example");
    say(with, "MAIL FROM:<a@b> BODY=8BITMIME RET=HDRS");
    say(with, "RCPT TO:<c@d> ORCPT=rfc822;x@y NOTIFY=NEVER");
    say(with, "RCPT TO:<no@d>", make_reply(550, {}, "no"));
    const envelope wanted{mailbox{"a", "b"},
                          {{"BODY", "8BITMIME"}, {"RET", "HDRS"}},
                          {{mailbox{"c", "d"}, {{"ORCPT", "rfc822;x@y"}, {"NOTIFY", "NEVER"}}}}};
    BOOST_CHECK(with.current() == wanted);
    BOOST_TEST(with.in_transaction());
    with.on_data_done();
    BOOST_CHECK(with.current() == envelope{});
    BOOST_TEST(!with.in_transaction());
}

BOOST_AUTO_TEST_CASE(what_the_relay_asks_of_the_conversation_is_there) {
    auto ours = settings();
    ours.trust = client_trust::trusted;
    dialogue with(ours);
    BOOST_TEST(to_wire(with.greeting()) == "220 relay.example ESMTP\r\n");
    BOOST_TEST(!with.extended());
    BOOST_CHECK(with.codes() == status_codes::plain);
    say(with, "EHLO client.example");
    BOOST_TEST(with.extended());
    BOOST_CHECK(with.codes() == status_codes::enhanced);
    BOOST_TEST(with.client_domain() == "client.example");
    BOOST_TEST(with.offered().eight_bit_mime);
    say(with, "XFORWARD NAME=one ADDR=192.0.2.1");
    say(with, "XFORWARD NAME=two");
    const std::vector<parameter> wanted = {{"ADDR", "192.0.2.1"}, {"NAME", "two"}};
    BOOST_CHECK(with.forwarded() == wanted);
    say(with, "MAIL FROM:<a@b>");
    BOOST_CHECK(with.forwarded() == wanted);
    with.on_data_done();
    BOOST_TEST(with.forwarded().empty());
    say(with, "QUIT");
    BOOST_TEST(with.finished());
}

BOOST_AUTO_TEST_CASE(a_refused_xforward_is_not_in_force) {
    auto ours = settings();
    ours.trust = client_trust::trusted;
    dialogue with(ours);
    say(with, "EHLO client.example");
    say(with, "XFORWARD NAME=one", make_reply(501, {}, "no"));
    BOOST_TEST(with.forwarded().empty());
}

// Whatever is said and answered: replies can be sent, limits hold, an end is an end.
BOOST_AUTO_TEST_CASE(random_conversations_keep_the_rules) {
    const std::vector<std::string> lines = {"EHLO a",
                                            "EHLO a",
                                            "HELO b",
                                            "MAIL FROM:<a@b>",
                                            "MAIL FROM:<a@b>",
                                            "MAIL FROM:<>",
                                            "MAIL FROM:<a@b> SIZE=10 BODY=8BITMIME",
                                            "RCPT TO:<c@d>",
                                            "RCPT TO:<c@d>",
                                            "RCPT TO:<c@d> NOTIFY=NEVER",
                                            "RCPT TO:<c%d@e>",
                                            "DATA",
                                            "RSET",
                                            "NOOP",
                                            "VRFY x",
                                            "XFORWARD NAME=x",
                                            "XFORWARD ADDR=::1",
                                            "FOO",
                                            "",
                                            "BDAT 3",
                                            "BDAT 4 LAST",
                                            "AUTH PLAIN",
                                            "AUTH PLAIN AGEAYg==",
                                            "AUTH NTLM",
                                            "STARTTLS",
                                            "MAIL FROM:<a@b> REQUIRETLS",
                                            "MAIL FROM:<",
                                            "\r"};
    const std::vector<int> codes = {250, 250, 250, 250, 250, 251, 235,
                                    235, 334, 354, 421, 450, 535, 550};
    const std::vector<tls_state> tls = {tls_state::absent, tls_state::offered, tls_state::required,
                                        tls_state::active};
    const std::vector<login_rule> rules = {login_rule::refused, login_rule::after_tls,
                                           login_rule::always};
    std::mt19937 random(42);
    for (int round = 0; round < 3000; ++round) {
        auto ours = settings();
        ours.recipients = 3;
        ours.trust = random() % 2 == 0 ? client_trust::trusted : client_trust::stranger;
        ours.tls = tls[random() % tls.size()];
        ours.login = rules[random() % rules.size()];
        dialogue with(ours);
        for (int step = 0; step < 60; ++step) {
            const bool was_finished = with.finished();
            const bool was_in_transaction = with.in_transaction();
            const auto& line = lines[random() % lines.size()];
            const auto asked = with.on_line(line);
            const auto next_hop = make_reply(codes[random() % codes.size()], {}, "said");
            const auto heard = drive(with, asked, next_hop);
            const bool collects = std::holds_alternative<action::collect_data>(asked);
            BOOST_REQUIRE(heard.code >= 200 && heard.code < 600 && !heard.lines.empty());
            const bool chunk = std::holds_alternative<action::collect_chunk>(asked);
            BOOST_REQUIRE(!chunk || was_in_transaction);
            // The octets behind BDAT are read, or the connection is closed.
            const bool in_step = chunk || std::holds_alternative<action::skip_chunk>(asked);
            BOOST_REQUIRE(line.starts_with("BDAT") ==
                          (in_step || (line.starts_with("BDAT") && with.finished())));
            BOOST_REQUIRE(collects == heard.intermediate()); // 354 means DATA and nothing else
            BOOST_REQUIRE(with.current().recipients.size() <= ours.recipients);
            BOOST_REQUIRE(with.in_transaction() || with.current() == envelope{});
            BOOST_REQUIRE(heard.code != 421 || with.finished());
            BOOST_REQUIRE(!was_finished || with.finished());
            const bool must_wait = ours.tls == tls_state::required && !with.tls_active();
            BOOST_REQUIRE(!must_wait || (!with.in_transaction() && !with.authenticated()));
            const bool starts = std::holds_alternative<action::start_tls>(asked);
            const bool logs_in = std::holds_alternative<action::authenticate>(asked);
            BOOST_REQUIRE(!was_in_transaction || (!starts && !logs_in));
            BOOST_REQUIRE(!logs_in || ours.login == login_rule::always || with.tls_active());
            BOOST_REQUIRE(!with.authenticated() || with.login() == "anna");
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
