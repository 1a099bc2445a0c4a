// SPDX-License-Identifier: Apache-2.0
#include "relay/origin.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal;

BOOST_AUTO_TEST_SUITE(origins)

namespace {

const auto ok = smtp::make_reply(250, "2.0.0", "Ok");
const auto peer = smtp::parse_ip_address("127.0.0.1").value();

relay::listener_settings filter(smtp::protocol protocol = smtp::protocol::smtp) {
    relay::listener_settings made;
    made.name = "filter";
    made.protocol = protocol;
    return made;
}

/// A mail server has greeted us.
smtp::dialogue greeted(smtp::client_trust trust = smtp::client_trust::trusted) {
    smtp::dialogue made({.hostname = "postseal.example", .trust = trust});
    made.on_line("EHLO mta.example");
    made.on_extensions({});
    return made;
}

std::string client_of(const smtp::dialogue& said) {
    const auto known = relay::origin_of(filter(), peer, said);
    return known.client ? smtp::to_string(*known.client) : "unknown";
}

void mail(smtp::dialogue& in) {
    in.on_line("MAIL FROM:<anna@example.org>");
    in.on_mail(ok);
}

} // namespace

BOOST_AUTO_TEST_CASE(behind_a_mail_server_the_client_is_who_it_says) {
    struct {
        std::string said, client;
    } const table[] = {
        {"ADDR=192.0.2.7", "192.0.2.7"},
        {"NAME=mx.example ADDR=IPV6:2001:db8::7 SOURCE=REMOTE", "2001:db8::7"},
        {"ADDR=[UNAVAILABLE] SOURCE=LOCAL", "unknown"},
        {"NAME=mx.example", "unknown"},
    };
    for (const auto& row : table) {
        auto said = greeted();
        said.on_line("XFORWARD " + row.said);
        mail(said);
        BOOST_TEST(client_of(said) == row.client, row.said);
    }
}

// The server's own address would make one rule about "this machine" hold for everybody's mail.
BOOST_AUTO_TEST_CASE(a_mail_server_that_says_nothing_is_not_taken_for_the_client) {
    auto said = greeted();
    mail(said);
    BOOST_TEST(client_of(said) == "unknown");
}

BOOST_AUTO_TEST_CASE(what_was_said_of_one_message_is_not_known_of_the_next) {
    auto said = greeted();
    said.on_line("XFORWARD ADDR=192.0.2.7");
    mail(said);
    said.on_line("RCPT TO:<bob@b.example>");
    said.on_rcpt(ok);
    said.on_line("DATA");
    BOOST_TEST(client_of(said) == "192.0.2.7"); // to the end of the message
    said.on_data_done();
    mail(said);
    BOOST_TEST(client_of(said) == "unknown");
}

BOOST_AUTO_TEST_CASE(a_stranger_does_not_say_who_the_client_is) {
    auto said = greeted(smtp::client_trust::stranger);
    said.on_line("XFORWARD ADDR=192.0.2.7");
    mail(said);
    BOOST_TEST(client_of(said) == "unknown");
}

BOOST_AUTO_TEST_CASE(behind_a_mail_server_nobody_knows_of_tls_and_login) {
    using policy::fact;
    for (const auto protocol : {smtp::protocol::smtp, smtp::protocol::lmtp}) {
        const auto on = filter(protocol);
        const auto known = relay::origin_of(on, peer, greeted());
        BOOST_TEST(known.listener == "filter");
        BOOST_TEST((relay::can_know(on, fact::listener) && relay::can_know(on, fact::client)));
        for (const auto what : {fact::tls, fact::authenticated, fact::login})
            BOOST_TEST(!relay::can_know(on, what));
        BOOST_TEST((!known.tls && !known.authenticated && !known.login));
    }
}

namespace {

relay::listener_settings front() {
    relay::listener_settings made;
    made.name = "submission";
    made.place = relay::place::front;
    made.login = smtp::login_rule::always;
    made.balancers = {smtp::parse_ip_network("10.0.0.0/24").value()};
    return made;
}

/// A client has greeted a front.
smtp::dialogue client(smtp::tls_state tls = smtp::tls_state::offered) {
    smtp::dialogue made(
        {.hostname = "postseal.example", .tls = tls, .login = smtp::login_rule::always});
    smtp::extensions theirs;
    theirs.mechanisms = {"PLAIN"};
    made.on_line("EHLO laptop.example");
    made.on_extensions(theirs);
    return made;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_front_knows_its_client) {
    const auto elsewhere = smtp::parse_ip_address("192.0.2.7").value();
    auto said = client();
    auto known = relay::origin_of(front(), elsewhere, said);
    BOOST_TEST(known.listener == "submission");
    BOOST_TEST((known.client == elsewhere));
    BOOST_TEST((known.tls == false && known.authenticated == false && !known.login));

    said.on_tls();
    said.on_line("EHLO laptop.example");
    BOOST_TEST((relay::origin_of(front(), elsewhere, said).tls == true));

    auto in = client(smtp::tls_state::active); // by implicit TLS
    in.on_line("AUTH PLAIN");
    in.on_auth(smtp::make_reply(235, "2.7.0", "Welcome"), "anna");
    known = relay::origin_of(front(), elsewhere, in);
    BOOST_TEST((known.tls == true && known.authenticated == true && known.login == "anna"));

    auto nameless = client();
    nameless.on_line("AUTH PLAIN");
    nameless.on_auth(smtp::make_reply(235, "2.7.0", "Welcome"), std::nullopt);
    known = relay::origin_of(front(), elsewhere, nameless);
    BOOST_TEST((known.authenticated == true && !known.login));

    auto refused = client();
    refused.on_line("AUTH PLAIN");
    refused.on_auth(smtp::make_reply(535, "5.7.8", "No"), "anna");
    known = relay::origin_of(front(), elsewhere, refused);
    BOOST_TEST((known.authenticated == false && !known.login));
}

BOOST_AUTO_TEST_CASE(a_front_believes_no_xforward_and_takes_no_balancer_for_a_client) {
    auto said = client();
    said.on_line("XFORWARD ADDR=203.0.113.9");
    const auto balancer = smtp::parse_ip_address("10.0.0.9").value();
    BOOST_TEST((!relay::origin_of(front(), balancer, said).client));
    const auto elsewhere = smtp::parse_ip_address("192.0.2.7").value();
    BOOST_TEST((relay::origin_of(front(), elsewhere, said).client == elsewhere));
}

BOOST_AUTO_TEST_CASE(a_front_where_nobody_logs_in_knows_no_names) {
    using policy::fact;
    auto on = front();
    for (const auto what :
         {fact::listener, fact::client, fact::tls, fact::authenticated, fact::login})
        BOOST_TEST(relay::can_know(on, what));
    on.login = smtp::login_rule::refused;
    BOOST_TEST(!relay::can_know(on, fact::login));
    BOOST_TEST(relay::can_know(on, fact::authenticated)); // nobody is
}

BOOST_AUTO_TEST_SUITE_END()
