// SPDX-License-Identifier: Apache-2.0
#include "relay/mail_transaction.hpp"

#include "relay/client_patience.hpp"
#include "scripted_hop.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

using namespace postseal;
using namespace postseal::relay;
using namespace postseal::relay::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view text = "Subject: x\r\n\r\nHello\r\n";

mail_transaction to_three() {
    mail_transaction made;
    made.sender = smtp::mailbox{"anna", "example.org"};
    for (const auto* name : {"r0", "r1", "r2"})
        made.recipients.push_back({{name, "example.net"}, {{"NOTIFY", "NEVER"}}});
    made.pieces.push_back(text);
    return made;
}

// Carried over a connection of its own.
class scene {
  public:
    explicit scene(scripted_hop::script says) : hop(context, std::move(says)) {}

    transaction_end carry(on_refusal refused, mail_transaction what = to_three(),
                          next_hop::deadlines until = {}) {
        std::optional<transaction_end> end;
        auto carrying = run(refused, std::move(what), until);
        asio::co_spawn(context, std::move(carrying),
                       [&end](const std::exception_ptr&, transaction_end got) { end = got; });
        while (!end)
            context.run_one();
        return *end;
    }

    asio::io_context context{1};
    scripted_hop hop;

  private:
    asio::awaitable<transaction_end> run(on_refusal refused, mail_transaction what,
                                         next_hop::deadlines until) {
        next_hop to(context.get_executor(), hop.address());
        auto greeting = to.greet(next_hop::greeting::ehlo, "postseal.example.org");
        (void)co_await std::move(greeting);
        to.end_waits_at(until);
        auto carrying = carry_out(to, std::move(what), refused);
        co_return co_await std::move(carrying);
    }
};

scripted_hop::script answering(std::string beginning, std::string reply) {
    return [=](const std::string& line) { return line.starts_with(beginning) ? reply : ""; };
}

std::vector<int> codes(const transaction_end& end) {
    std::vector<int> all;
    for (const auto& one : end.replies)
        all.push_back(one.code);
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mail_transactions)

BOOST_AUTO_TEST_CASE(a_message_is_handed_over_to_all) {
    scene here({});
    const auto end = here.carry(on_refusal::ends_for_all);
    BOOST_TEST((codes(end) == std::vector{250, 250, 250}));
    BOOST_TEST(end.reached_mail);
    BOOST_TEST(!end.lost_in_message);
    BOOST_TEST_REQUIRE(here.hop.messages.size() == 1U);
    BOOST_TEST(here.hop.messages[0] == text);
    BOOST_TEST(here.hop.lines[1] == "RSET");
}

BOOST_AUTO_TEST_CASE(a_refused_recipient_ends_it_where_that_is_asked_for) {
    scene here(answering("RCPT TO:<r1", "550 5.1.1 No"));
    const auto end = here.carry(on_refusal::ends_for_all);
    BOOST_TEST((codes(end) == std::vector{550, 550, 550}));
    BOOST_TEST(here.hop.messages.empty());
}

BOOST_AUTO_TEST_CASE(a_refused_recipient_leaves_it_to_the_others) {
    scene here(answering("RCPT TO:<r1", "450 4.2.1 Busy"));
    const auto end = here.carry(on_refusal::others_go_on);
    BOOST_TEST((codes(end) == std::vector{250, 450, 250}));
    BOOST_TEST(here.hop.messages.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_comes_before_mail_is_not_about_the_mail) {
    for (const auto* reply : {"554 5.3.0 No", "drop"}) {
        scene here(answering("RSET", reply));
        const auto end = here.carry(on_refusal::others_go_on);
        BOOST_TEST(!end.reached_mail);
        BOOST_TEST(!end.replies[0].positive());
        BOOST_TEST(as_delay(end.replies[0]).transient_failure());
    }
}

BOOST_AUTO_TEST_CASE(a_go_ahead_for_nothing_is_no_acceptance) {
    scene here(answering("RCPT TO:<r2", "354 Go on"));
    const auto end = here.carry(on_refusal::others_go_on);
    BOOST_TEST((codes(end) == std::vector{421, 421, 421}));
    BOOST_TEST(here.hop.messages.empty());
}

BOOST_AUTO_TEST_CASE(a_message_whose_answer_is_lost_may_have_been_taken) {
    scene here(answering(".", "drop"));
    const auto end = here.carry(on_refusal::others_go_on);
    BOOST_TEST(end.lost_in_message);
    BOOST_TEST((codes(end) == std::vector{421, 421, 421}));
    scene before(answering("RCPT TO:<r2", "drop"));
    BOOST_TEST(!before.carry(on_refusal::others_go_on).lost_in_message);
}

BOOST_AUTO_TEST_CASE(what_nobody_waits_for_is_not_handed_over) {
    scene here({});
    auto what = to_three();
    what.still_wanted = [] { return false; };
    const auto end = here.carry(on_refusal::ends_for_all, std::move(what));
    BOOST_TEST((codes(end) == std::vector{451, 451, 451}));
    BOOST_TEST(here.hop.messages.empty());
}

BOOST_AUTO_TEST_CASE(no_answer_is_waited_for_beyond_the_deadline) {
    scene here({});
    const auto past = std::chrono::steady_clock::now() - 1s;
    const auto commands = here.carry(on_refusal::ends_for_all, to_three(), {past, {}});
    BOOST_TEST((codes(commands) == std::vector{421, 421, 421}));
    BOOST_TEST(!commands.reached_mail);
    const auto message = here.carry(on_refusal::ends_for_all, to_three(), {{}, past});
    BOOST_TEST((codes(message) == std::vector{421, 421, 421}));
    BOOST_TEST(message.lost_in_message);
    BOOST_TEST(here.hop.messages.empty());
}

// A next hop that is called again need not offer what it offered first.
BOOST_AUTO_TEST_CASE(what_a_message_cannot_do_without_is_never_left_out) {
    for (const std::string keyword : {"REQUIRETLS", "SMTPUTF8"}) {
        scene here({});
        auto what = to_three();
        const std::vector<smtp::parameter> given{{keyword, {}}, {"ENVID", "abc"}};
        what.parameters = parameters_for(given, content_lines::as_they_came, 22, {});
        const auto end = here.carry(on_refusal::others_go_on, std::move(what));
        BOOST_TEST((codes(end) == std::vector{451, 451, 451}));
        BOOST_TEST(!end.reached_mail);
        BOOST_TEST(here.hop.lines.back() == "RSET");
    }
}

BOOST_AUTO_TEST_CASE(a_clients_patience_has_three_ends) {
    const auto start = std::chrono::steady_clock::now();
    const client_patience of(start, 90s);
    BOOST_TEST((of.first_commit - start == 30s));
    BOOST_TEST((of.others - start == 45s));
    BOOST_TEST((of.answer - start == 90s));
}

BOOST_AUTO_TEST_SUITE_END()
