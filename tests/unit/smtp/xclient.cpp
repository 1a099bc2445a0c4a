// SPDX-License-Identifier: Apache-2.0
#include "smtp/xclient.hpp"

#include "smtp/command.hpp"
#include "smtp/octets.hpp"
#include "smtp/xtext.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace postseal::smtp;

namespace {

const std::string postfix =
    "XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT";

extensions offering(const std::string& line) {
    return read_extensions(reply{250, {}, {"mx.example", line}});
}

xclient somebody() {
    xclient client;
    client.source = {parse_ip_address("192.0.2.7").value(), 4711};
    client.destination = {parse_ip_address("198.51.100.25").value(), 587};
    client.name = "client.example";
    client.helo = "[192.168.1.2]";
    return client;
}

std::vector<std::string> said(const xclient& client, const std::string& offer = postfix) {
    const auto lines = xclient_lines(client, offering(offer));
    return lines ? *lines : std::vector<std::string>{to_wire(lines.error())};
}

// As the next hop reads it, the last value of each name.
std::map<std::string, std::string> understood(const std::vector<std::string>& lines) {
    std::map<std::string, std::string> values;
    for (const auto& line : lines) {
        BOOST_TEST(line.size() <= 510U);
        BOOST_TEST(line.starts_with("XCLIENT "));
        BOOST_TEST(std::ranges::all_of(line, [](char c) { return is_graphic(c) || c == ' '; }));
        for (auto rest = line.substr(8); !rest.empty();) {
            const auto word = rest.substr(0, rest.find(' '));
            rest.erase(0, word.size() + 1);
            const auto equals = word.find('=');
            const auto value = decode_xtext(word.substr(equals + 1));
            BOOST_REQUIRE(value);
            values[word.substr(0, equals)] = *value;
        }
    }
    return values;
}

} // namespace

BOOST_AUTO_TEST_SUITE(xclient_commands)

BOOST_AUTO_TEST_CASE(a_next_hop_hears_whose_session_it_is) {
    auto client = somebody();
    client.login = "anna@example.org";
    BOOST_CHECK(
        (said(client) == std::vector<std::string>{
                             "XCLIENT NAME=client.example ADDR=192.0.2.7 LOGIN=anna@example.org "
                             "PROTO=ESMTP HELO=[192.168.1.2] PORT=4711 DESTADDR=198.51.100.25 "
                             "DESTPORT=587 REVERSE_NAME=[UNAVAILABLE]"}));
}

BOOST_AUTO_TEST_CASE(only_what_was_offered_is_said) {
    BOOST_CHECK((said(somebody(), "XCLIENT name addr") ==
                 std::vector<std::string>{"XCLIENT NAME=client.example ADDR=192.0.2.7"}));
    BOOST_CHECK((said(somebody(), "XCLIENT PORT ADDR FUTURE NAME ADDR") ==
                 std::vector<std::string>{"XCLIENT NAME=client.example ADDR=192.0.2.7 PORT=4711"}));
    // Some mail servers take addresses only.
    BOOST_CHECK((said(somebody(), "XCLIENT ADDR PORT") ==
                 std::vector<std::string>{"XCLIENT ADDR=192.0.2.7 PORT=4711"}));
}

BOOST_AUTO_TEST_CASE(a_client_that_cannot_be_told_has_no_session) {
    BOOST_TEST(said(somebody(), "SIZE").front().starts_with("421 4.3.5 "));
    BOOST_TEST(said(somebody(), "XCLIENT").front().starts_with("421 4.3.5 "));
    BOOST_TEST(said(somebody(), "XCLIENT NAME PORT").front().starts_with("421 4.3.5 "));
    auto client = somebody();
    client.login = "anna";
    BOOST_TEST(said(client, "XCLIENT NAME ADDR").front().find("LOGIN") != std::string::npos);
    for (const std::string login :
         {"", "[UNAVAILABLE]", "[tempunavail]", "an\nna", "an\x01", "\xff"}) {
        client.login = login;
        BOOST_TEST(said(client).front().starts_with("421 4.3.5 "), login);
    }
    client.login = std::string(254, '+') + "xx"; // too long
    BOOST_TEST(said(client).front().starts_with("421 4.3.5 "));
    client.login = std::string(200, '+'); // 600 octets of xtext
    BOOST_TEST(said(client).front().starts_with("421 4.3.5 "));
}

BOOST_AUTO_TEST_CASE(addresses_are_written_as_postfix_reads_them) {
    auto client = somebody();
    client.source.address = parse_ip_address("2001:db8::7").value();
    client.destination.address = parse_ip_address("::ffff:198.51.100.25").value();
    auto heard = understood(said(client));
    BOOST_TEST(heard["ADDR"] == "IPV6:2001:db8::7");
    BOOST_TEST(heard["DESTADDR"] == "198.51.100.25");
    client.proto = client_protocol::smtp;
    BOOST_TEST(understood(said(client))["PROTO"] == "SMTP");
}

// Whoever owns an address decides what DNS says about it.
BOOST_AUTO_TEST_CASE(a_name_that_is_none_is_not_told) {
    for (const std::string name :
         {"", ".", "client..example", "client.example.", "-client.example", "client-.example",
          "192.0.2.7", "2001:db8::7", "client example", "client.example\r\nQUIT",
          "client.example ADDR=127.0.0.1", "client+0D", "a=b", "\xc3\xa4.example", "[UNAVAILABLE]",
          "local/host"}) {
        auto client = somebody();
        client.name = client.reverse_name = name;
        auto heard = understood(said(client));
        BOOST_TEST(heard["NAME"] == "[UNAVAILABLE]", name);
        BOOST_TEST(heard["REVERSE_NAME"] == "[UNAVAILABLE]", name);
        BOOST_TEST(heard["ADDR"] == "192.0.2.7");
    }
    auto client = somebody();
    client.name = std::string(64, 'a') + ".example";
    BOOST_TEST(understood(said(client))["NAME"] == "[UNAVAILABLE]");
    for (const std::string name :
         {"client.example", "a_b.example", "xn--bcher-kva.example", "x1"}) {
        client.name = name;
        BOOST_TEST(understood(said(client))["NAME"] == name);
    }
    client.name.reset();
    BOOST_TEST(understood(said(client))["NAME"] == "[UNAVAILABLE]");
}

BOOST_AUTO_TEST_CASE(a_hello_is_told_in_xtext_or_not_at_all) {
    auto client = somebody();
    client.helo = "a=b+c";
    BOOST_TEST(said(client).front().find("HELO=a+3Db+2Bc ") != std::string::npos);
    for (const std::string helo : {"", "a b", "a\r\nQUIT", "\x7f", "\xc3\xa4"}) {
        client.helo = helo;
        BOOST_TEST(understood(said(client))["HELO"] == "[UNAVAILABLE]", helo);
    }
    client.helo = std::string(256, 'x');
    BOOST_TEST(understood(said(client))["HELO"] == "[UNAVAILABLE]");
}

BOOST_AUTO_TEST_CASE(long_values_take_lines_of_their_own_before_the_last) {
    auto client = somebody();
    client.name = std::string(63, 'a') + '.' + std::string(63, 'b') + '.' + std::string(63, 'c') +
                  '.' + std::string(63, 'd'); // 255
    client.reverse_name = client.name;
    client.helo = std::string(255, 'h');
    client.login = "\xc3\xa4nna@example.org"; // internationalised: RFC 6531
    client.source.address = parse_ip_address("2001:db8:1111:2222:3333:4444:5555:6666").value();
    const auto lines = said(client);
    BOOST_TEST(lines.size() > 1U);
    BOOST_TEST(lines.back().starts_with("XCLIENT NAME=aaa"));
    for (const std::string name : {" ADDR=", " LOGIN=", " PROTO="})
        for (const auto& line : lines)
            BOOST_TEST((line.find(name) != std::string::npos) == (&line == &lines.back()));
    auto heard = understood(lines);
    BOOST_TEST(heard.size() == 9U);
    BOOST_TEST(heard["NAME"] == *client.name);
    BOOST_TEST(heard["REVERSE_NAME"] == *client.reverse_name);
    BOOST_TEST(heard["HELO"] == client.helo);
    BOOST_TEST(heard["LOGIN"] == *client.login);

    client.login = std::string(255, 'l'); // it counts, the name does not
    heard = understood(said(client));
    BOOST_TEST(heard["LOGIN"] == *client.login);
    BOOST_TEST(heard["NAME"] == "[UNAVAILABLE]");
    client.helo = std::string(255, '+'); // 765 octets
    BOOST_TEST(understood(said(client))["HELO"] == "[UNAVAILABLE]");
}

BOOST_AUTO_TEST_CASE(no_client_is_offered_it_and_none_may_say_it) {
    const auto theirs = offering(postfix);
    BOOST_TEST(theirs.xclient.size() == 9U);
    for (const auto trust : {client_trust::stranger, client_trust::trusted}) {
        const auto offer = to_wire(
            ehlo_reply("relay.example", theirs,
                       {.trust = trust, .starttls = true, .login = true, .requiretls = true}));
        BOOST_TEST(offer.find("XCLIENT") == std::string::npos);
    }
    for (const std::string line : {"XCLIENT ADDR=192.0.2.1", "xclient name=x", "XCLIENT"})
        BOOST_TEST(parse_command(line).error().code == 502);
}

BOOST_AUTO_TEST_SUITE_END()
