// SPDX-License-Identifier: Apache-2.0
#include "smtp/command.hpp"

#include "smtp/parameters.hpp"
#include "smtp/xforward.hpp"
#include "smtp/xtext.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <tuple>
#include <vector>

using namespace postseal::smtp;

namespace {

template<typename Command>
Command parsed(const std::string& line) {
    auto said = parse_command(line);
    BOOST_REQUIRE_MESSAGE(said, line << ": " << (said ? "" : to_log(said.error())));
    BOOST_REQUIRE_MESSAGE(std::holds_alternative<Command>(*said), line);
    return std::get<Command>(*said);
}

// "501 5.5.4", or "ok".
std::string refusal(const std::string& line) {
    const auto said = parse_command(line);
    return said ? "ok" : std::to_string(said.error().code) + ' ' + said.error().enhanced;
}

std::string text_of(const command& said) {
    if (const auto* from = std::get_if<mail>(&said))
        return mail_line(from->sender, from->parameters);
    if (const auto* to = std::get_if<rcpt>(&said)) return rcpt_line(to->to);
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(command_lines)

BOOST_AUTO_TEST_CASE(verbs_are_known_in_any_case_and_with_spaces_around) {
    BOOST_TEST(parsed<ehlo>("EHLO client.example").domain == "client.example");
    BOOST_TEST(parsed<helo>("helo [192.0.2.1]  ").domain == "[192.0.2.1]");
    parsed<data>("data");
    parsed<rset>("Rset ");
    parsed<quit>("QUIT");
    parsed<noop>("NOOP whatever");
    parsed<vrfy>("VRFY anna");
}

BOOST_AUTO_TEST_CASE(a_chunk_is_announced_in_digits) {
    const std::vector<std::tuple<std::string, std::uint64_t, bool>> table = {
        {"BDAT 0", 0, false},
        {"BDAT 86 LAST", 86, true},
        {"bdat 1000  last ", 1000, true},
        {"BDAT 007", 7, false},
        {"BDAT 18446744073709551615", UINT64_MAX, false},
    };
    for (const auto& [line, octets, last] : table) {
        const auto said = parsed<bdat>(line);
        BOOST_TEST(said.octets == octets, line);
        BOOST_TEST(said.last == last, line);
    }
}

BOOST_AUTO_TEST_CASE(what_a_client_calls_itself_is_made_printable) {
    BOOST_TEST(parsed<ehlo>("EHLO b\xfcro pc").domain == "b?ro?pc");
}

BOOST_AUTO_TEST_CASE(mail_and_rcpt_come_out_in_canonical_spelling) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"MAIL FROM:<>", "MAIL FROM:<>"},
        {"mail from:<anna@example.org>", "MAIL FROM:<anna@example.org>"},
        {"MAIL FROM: <anna@example.org> ", "MAIL FROM:<anna@example.org>"},
        {"MAIL  FROM:   anna@example.org  size=7", "MAIL FROM:<anna@example.org> SIZE=7"},
        {"MAIL FROM:<\"a>b\"@c>", "MAIL FROM:<\"a>b\"@c>"},
        {"MAIL FROM:<\"a\\\"> b\"@c> BODY=7bit", "MAIL FROM:<\"a\\\"> b\"@c> BODY=7BIT"},
        {"MAIL FROM:<a@b> SIZE=10 BODY=8bitmime RET=hdrs ENVID=x+20y SMTPUTF8 AUTH=<>",
         "MAIL FROM:<a@b> SIZE=10 BODY=8BITMIME RET=HDRS ENVID=x+20y SMTPUTF8 AUTH=<>"},
        {"RCPT TO:<Postmaster>", "RCPT TO:<Postmaster>"},
        {"RCPT TO:<\"anna\"@example.org>", "RCPT TO:<anna@example.org>"},
        {"RCPT TO:<a@b> NOTIFY=delay,failure ORCPT=rfc822;a+40b@c",
         "RCPT TO:<a@b> NOTIFY=DELAY,FAILURE ORCPT=rfc822;a+40b@c"},
        {"RCPT TO:<a@b> NOTIFY=never", "RCPT TO:<a@b> NOTIFY=NEVER"},
        {"RCPT TO:<a@b> ORCPT=utf-8;\u00e4@b", "RCPT TO:<a@b> ORCPT=utf-8;\u00e4@b"},
    };
    for (const auto& [line, canonical] : table) {
        const auto said = parse_command(line);
        BOOST_REQUIRE_MESSAGE(said, line);
        BOOST_TEST(text_of(*said) == canonical);
    }
}

BOOST_AUTO_TEST_CASE(a_refusal_says_what_kind_of_mistake_it_was) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", "500 5.5.2"},
        {"FOO", "500 5.5.2"},
        {"MAILFROM:<a@b>", "500 5.5.2"},
        {" MAIL FROM:<a@b>", "500 5.5.2"},
        {"NOOP\tx", "500 5.5.2"},
        {std::string("NOOP \0", 6), "500 5.5.2"},
        {"NOOP " + std::string(max_command_line, 'x'), "500 5.5.2"},
        {"EXPN list", "502 5.5.1"},
        {"ETRN x", "502 5.5.1"},
        {"HELP", "502 5.5.1"},
        {"BDAT", "501 5.5.4"},
        {"BDAT LAST", "501 5.5.4"},
        {"BDAT x", "501 5.5.4"},
        {"BDAT -1", "501 5.5.4"},
        {"BDAT +1", "501 5.5.4"},
        {"BDAT 0x10", "501 5.5.4"},
        {"BDAT 1,000", "501 5.5.4"},
        {"BDAT 3LAST", "501 5.5.4"},
        {"BDAT 3 LAST LAST", "501 5.5.4"},
        {"BDAT 3 FIRST", "501 5.5.4"},
        {"BDAT 18446744073709551616", "501 5.5.4"},
        {"BDAT 99999999999999999999999 LAST", "501 5.5.4"},
        {"BURL imap://x", "502 5.5.1"},
        {"STARTTLS now", "501 5.5.4"},
        {"AUTH", "501 5.5.4"},
        {"AUTH ?", "501 5.5.4"},
        {"AUTH " + std::string(max_mechanism + 1, 'X'), "501 5.5.4"},
        {"AUTH PLAIN AGEAYg== again", "501 5.5.2"},
        {"AUTH PLAIN AGE*", "501 5.5.2"},
        {"AUTH PLAIN ==", "501 5.5.2"},
        {"AUTH PLAIN A===", "501 5.5.2"},
        {"AUTH PLAIN " + std::string(max_auth_line, 'A'), "500 5.5.6"},
        {"TURN", "502 5.5.1"},
        {"XCLIENT ADDR=192.0.2.1", "502 5.5.1"},
        {"EHLO", "501 5.5.4"},
        {"EHLO " + std::string(256, 'x'), "501 5.5.4"},
        {"QUIT now", "501 5.5.4"},
        {"DATA x", "501 5.5.4"},
        {"VRFY", "501 5.5.4"},
        {"MAIL", "501 5.5.4"},
        {"MAIL FROM:", "501 5.5.4"},
        {"MAIL FROM :<a@b>", "501 5.5.4"},
        {"MAIL TO:<a@b>", "501 5.5.4"},
        {"MAIL FROM:<a@b", "501 5.5.4"},
        {"MAIL FROM:<a@b>SIZE=1", "501 5.5.4"},
        {"MAIL FROM:a@b>", "501 5.5.4"},
        {"RCPT TO:\"a b\"@c", "501 5.5.4"},
        {"MAIL FROM:<@a:b@c>", "501 5.1.7"},
        {"MAIL FROM:<postmaster>", "501 5.1.7"},
        {"MAIL FROM:<a%b@c>", "553 5.1.7"},
        {"MAIL FROM:<b!a@c>", "553 5.1.7"},
        {"MAIL FROM:<\"a@b\"@c>", "553 5.1.7"},
        {"MAIL FROM:<a@b@c>", "501 5.1.7"},
        {"RCPT TO:<>", "553 5.1.3"},
        {"RCPT TO:<anna>", "553 5.1.3"},
        {"RCPT TO:<@a,@b:c@d>", "553 5.1.3"},
        {"RCPT TO:<a%b@c>", "553 5.1.3"},
        {"RCPT TO:<b!a@c>", "553 5.1.3"},
        {"RCPT TO:<\"a@b\"@c>", "553 5.1.3"},
        {"RCPT TO:<<a@b>>", "501 5.5.4"},
        {"MAIL FROM:<a@b> FOO=1", "555 5.5.4"},
        {"MAIL FROM:<a@b> =1", "555 5.5.4"},
        {"MAIL FROM:<a@b> NOTIFY=NEVER", "555 5.5.4"},
        {"RCPT TO:<a@b> SIZE=1", "555 5.5.4"},
        {"MAIL FROM:<a@b> REQUIRETLS=", "501 5.5.4"},
        {"MAIL FROM:<a@b> REQUIRETLS=yes", "501 5.5.4"},
        {"RCPT TO:<a@b> REQUIRETLS", "555 5.5.4"},
        {"MAIL FROM:<a@b> BODY=BINARYMIME", "555 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=1 size=2", "501 5.5.4"},
        {"MAIL FROM:<a@b> SIZE", "501 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=", "501 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=-1", "501 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=1k", "501 5.5.4"},
        {"MAIL FROM:<a@b> SIZE=18446744073709551616", "501 5.5.4"},
        {"MAIL FROM:<a@b> BODY=9BIT", "501 5.5.4"},
        {"MAIL FROM:<a@b> SMTPUTF8=", "501 5.5.4"},
        {"MAIL FROM:<a@b> SMTPUTF8=x", "501 5.5.4"},
        {"MAIL FROM:<a@b> RET=ALL", "501 5.5.4"},
        {"MAIL FROM:<a@b> ENVID=a+2", "501 5.5.4"},
        {"MAIL FROM:<a@b> ENVID=" + std::string(101, 'x'), "501 5.5.4"},
        {"MAIL FROM:<a@b> AUTH=a=b", "501 5.5.4"},
        {"RCPT TO:<a@b> NOTIFY=", "501 5.5.4"},
        {"RCPT TO:<a@b> NOTIFY=NEVER,DELAY", "501 5.5.4"},
        {"RCPT TO:<a@b> NOTIFY=DELAY,DELAY", "501 5.5.4"},
        {"RCPT TO:<a@b> NOTIFY=DELAY,", "501 5.5.4"},
        {"RCPT TO:<a@b> ORCPT=a@b", "501 5.5.4"},
        {"RCPT TO:<a@b> ORCPT=rfc822;", "501 5.5.4"},
        {"RCPT TO:<a@b> ORCPT=rfc822;a+ZZ", "501 5.5.4"},
        {"RCPT TO:<a@b> ORCPT=utf-8;\xff", "501 5.5.4"},
        {"RCPT TO:<a@b> ORCPT=rfc822;" + std::string(500, 'x'), "501 5.5.4"},
    };
    for (const auto& [line, wanted] : table)
        BOOST_TEST(refusal(line) == wanted, line << " gave " << refusal(line));
}

BOOST_AUTO_TEST_CASE(a_login_is_read_but_not_decoded) {
    const auto plain = parsed<auth>("auth plain AGEAYg==");
    BOOST_TEST(plain.mechanism == "PLAIN");
    BOOST_TEST((plain.initial_response == "AGEAYg=="));
    BOOST_TEST((parsed<auth>("AUTH XOAUTH2 =").initial_response == ""));
    BOOST_TEST(!parsed<auth>("AUTH SCRAM-SHA-256 ").initial_response);
    parsed<auth>("AUTH OAUTHBEARER " + std::string(max_command_line * 4, 'A')); // tokens are long
}

BOOST_AUTO_TEST_CASE(a_refused_login_is_not_quoted) {
    for (const std::string line : {"AUTH PLAIN c2VjcmV0*", "AUTH c2VjcmV0=", "AUTH * c2VjcmV0"}) {
        const auto said = parse_command(line);
        BOOST_REQUIRE(!said);
        BOOST_TEST(to_log(said.error()).find("c2VjcmV0") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(routing_marks_are_taken_as_they_are_where_they_are_allowed) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"MAIL FROM:<a%b@c>", "MAIL FROM:<a%b@c>"},
        {"RCPT TO:<b!a@c>", "RCPT TO:<b!a@c>"},
        {"RCPT TO:<\"b!a\"@c>", "RCPT TO:<b!a@c>"},
        {"RCPT TO:<\"a@b\"@c>", "RCPT TO:<\"a@b\"@c>"},
        {"RCPT TO:<@a:b@c>", ""}, // a source route is none of them
        {"RCPT TO:<a@b@c>", ""},
        {"MAIL FROM:<@a:b@c>", ""},
    };
    for (const auto& [line, canonical] : table) {
        const auto said = parse_command(line, routing_marks::allowed);
        BOOST_TEST((said ? text_of(*said) : "") == canonical, line);
    }
}

BOOST_AUTO_TEST_CASE(a_refused_address_is_named) {
    const auto said = parse_command("RCPT TO:<a%b@c>");
    BOOST_REQUIRE(!said);
    BOOST_TEST(to_log(said.error()).find("<a%b@c>") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(xforward_attributes_are_decoded_and_checked) {
    const auto said = parsed<xforward>("XFORWARD name=mx+2Bone.example ADDR=IPV6:2001:db8::1 "
                                       "PORT=25 PROTO=ESMTP HELO=[UNAVAILABLE] SOURCE=REMOTE");
    const std::vector<parameter> wanted = {
        {"NAME", "mx+one.example"}, {"ADDR", "IPV6:2001:db8::1"}, {"PORT", "25"},
        {"PROTO", "ESMTP"},         {"HELO", "[UNAVAILABLE]"},    {"SOURCE", "REMOTE"}};
    BOOST_CHECK(said.attributes == wanted);
    parsed<xforward>("XFORWARD ADDR=[TEMPUNAVAIL] PORT=[UNAVAILABLE] IDENT=4F2+20");
    for (const std::string line :
         {"XFORWARD", "XFORWARD NAME", "XFORWARD NAME=", "XFORWARD LOGIN=anna", "XFORWARD NAME=a=b",
          "XFORWARD NAME=a+0D+0Ab", "XFORWARD NAME=a+00", "XFORWARD NAME=a+7F", "XFORWARD NAME=a+",
          "XFORWARD NAME=a NAME=b", "XFORWARD PORT=x", "XFORWARD PORT=123456", "XFORWARD ADDR=here",
          "XFORWARD SOURCE=MARS"})
        BOOST_TEST(refusal(line) == "501 5.5.4", line);
    BOOST_TEST(refusal("XFORWARD HELO=" + std::string(256, 'x')) == "501 5.5.4");
}

BOOST_AUTO_TEST_CASE(the_client_of_xforward_is_an_address_or_unknown) {
    struct {
        std::string addr, client;
    } const table[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"IPV6:2001:db8::1", "2001:db8::1"},
        {"ipv6:2001:DB8::1", "2001:db8::1"},
        {"2001:db8::1", "2001:db8::1"},
        {"IPV6:::ffff:192.0.2.1", "192.0.2.1"}, // one host, one address
        {"[UNAVAILABLE]", ""},
        {"[TEMPUNAVAIL]", ""},
        {"192.0.2", ""}, // passes as an attribute, and is none
        {"IPV6:", ""},
    };
    for (const auto& row : table) {
        const auto client = xforward_client({{"NAME", "192.0.2.9"}, {"ADDR", row.addr}});
        BOOST_TEST((client ? to_string(*client) : "") == row.client, row.addr);
    }
    BOOST_TEST(!xforward_client({}).has_value());
    BOOST_TEST(!xforward_client({{"NAME", "192.0.2.9"}}).has_value());
}

BOOST_AUTO_TEST_CASE(xforward_lines_hold_what_was_offered_in_512_octets_each) {
    const std::vector<parameter> attributes = {
        {"NAME", std::string(200, 'n')},  {"ADDR", "192.0.2.1"},
        {"HELO", std::string(200, 'h')},  {"IDENT", std::string(200, 'i')},
        {"PROTO", std::string(255, '+')}, {"SOURCE", "LOCAL"}};
    BOOST_TEST(xforward_lines(attributes, {}).empty());
    const auto some = xforward_lines(attributes, {"ADDR", "SOURCE", "LOGIN"});
    BOOST_REQUIRE(some.size() == 1U);
    BOOST_TEST(some[0] == "XFORWARD ADDR=192.0.2.1 SOURCE=LOCAL");
    const auto all =
        xforward_lines(attributes, {"NAME", "ADDR", "HELO", "IDENT", "PROTO", "SOURCE"});
    BOOST_REQUIRE(all.size() == 2U);
    for (const auto& line : all) {
        BOOST_TEST(line.size() <= 510U);
        parsed<xforward>(line);
    }
    BOOST_TEST(all[1].ends_with(" PROTO=[UNAVAILABLE] SOURCE=LOCAL"));
}

BOOST_AUTO_TEST_CASE(xtext_is_decoded_to_what_was_encoded) {
    std::string octets;
    for (int c = 0; c < 256; ++c)
        octets += static_cast<char>(c);
    BOOST_CHECK(decode_xtext(encode_xtext(octets)) == octets);
    BOOST_TEST(encode_xtext("a+b=c d\xff") == "a+2Bb+3Dc+20d+FF");
    BOOST_TEST(*decode_xtext("+2b+2B") == "++");
    for (const std::string text : {"+", "+2", "+2G", "a=b", "a b", "\xc3\xa4"})
        BOOST_TEST(!decode_xtext(text));
}

BOOST_AUTO_TEST_CASE(the_original_recipient_is_what_orcpt_names) {
    const auto original = [](const std::string& orcpt) {
        const recipient to{{"a", "b"}, {{"NOTIFY", "NEVER"}, {"ORCPT", orcpt}}};
        const auto found = original_recipient(to);
        return found ? to_string(*found) : "none";
    };
    BOOST_TEST(original("rfc822;anna@example.org") == "anna@example.org");
    BOOST_TEST(original("RFC822;a+2Bb@example.org") == "a+b@example.org");
    BOOST_TEST(original("rfc822;not+20an+20address") == "none");
    BOOST_TEST(original("rfc822;a+0") == "none");
    BOOST_TEST(original("x400;anna@example.org") == "none");
    BOOST_TEST(original("rfc822") == "none");
    // RFC 6533 §3
    BOOST_TEST(original("utf-8;anna@example.org") == "anna@example.org");
    BOOST_TEST(original("UTF-8;m\\x{FC}ller\\x{2B}x@b\\x{fc}cher.example") ==
               "m\u00fcller+x@b\u00fccher.example");
    BOOST_TEST(original("utf-8;m\u00fcller@example.org") == "m\u00fcller@example.org");
    BOOST_TEST(original("utf-8;\\x{20AC}\\x{1F9AD}@example.org") == "\u20ac\U0001f9ad@example.org");
    BOOST_TEST(original("utf-8;a+2Bb@example.org") == "a+2Bb@example.org"); // no xtext in it
    for (const auto* const broken :
         {"utf-8;a\\x{2", "utf-8;a\\x{}@b.example", "utf-8;a\\xFC@b.example", "utf-8;a\\@b.example",
          "utf-8;a\\x{110000}@b.example", "utf-8;a\\x{D800}@b.example", "utf-8;a\\x{0A}@b.example",
          "utf-8;a\\x{00}@b.example", "utf-8;a\\x{0000041}@b.example", "utf-8;a\\x{-1}@b.example",
          "utf-8;a\\x{+41}@b.example", "utf-8;", "utf-8;a\\x{40}b@c.example"})
        BOOST_TEST(original(broken) == "none", broken);
    BOOST_TEST(!original_recipient({{"a", "b"}, {}}));
}

BOOST_AUTO_TEST_CASE(a_next_hop_hears_only_parameters_that_it_offered) {
    const std::vector<parameter> all = {{"SIZE", "1"},  {"BODY", "8BITMIME"}, {"RET", "FULL"},
                                        {"ENVID", "x"}, {"SMTPUTF8", ""},     {"AUTH", "<>"}};
    BOOST_TEST(understood(all, {}).empty());
    extensions offered;
    offered.dsn = true;
    offered.size = true;
    const std::vector<parameter> wanted = {{"SIZE", "1"}, {"RET", "FULL"}, {"ENVID", "x"}};
    BOOST_CHECK(understood(all, offered) == wanted);
    BOOST_TEST(is_offered("NOTIFY", offered));
    BOOST_TEST(!is_offered("BODY", offered));
    BOOST_TEST(!is_offered("FOO", offered));
    BOOST_TEST((declared_size(all) == 1U));
    BOOST_TEST(!declared_size({}));
    BOOST_TEST(find_parameter(all, "RET")->value == "FULL");
    BOOST_TEST(find_parameter(all, "NOTIFY") == nullptr);
}

// Whatever the line, the answer is a reply that can be sent or a command that can be passed on.
BOOST_AUTO_TEST_CASE(random_lines_are_refused_or_come_out_canonical) {
    const std::vector<std::string> words = {
        "MAIL ",    "RCPT ",  "FROM:",   "TO:",     "<", ">",         "@",     "a",     "\"",
        "\\",       " ",      ".",       "example", "%", "[",         "]",     "SIZE=", "NOTIFY=",
        "NEVER",    "ORCPT=", "rfc822;", "+40",     "=", "XFORWARD ", "NAME=", "\r",    "\n",
        "\xc3\xa4", "\xff",   "EHLO ",   "1",       "-", ",",         "IPv6:", "<>"};
    std::mt19937 random(7);
    std::size_t accepted = 0;
    for (int round = 0; round < 100000; ++round) {
        std::string line = random() % 2 == 0 ? "MAIL FROM:<a@b" : "RCPT TO:<a";
        for (auto left = random() % 8; left > 0; --left)
            line += words[random() % words.size()];
        if (random() % 2 == 0) line += ">";
        const auto said = parse_command(line);
        if (!said) {
            BOOST_REQUIRE(said.error().code >= 500 && !said.error().enhanced.empty());
            const auto wire = to_wire(said.error());
            BOOST_REQUIRE(wire.find_first_of("\r\n") == wire.size() - 2);
            continue;
        }
        const auto again = text_of(*said);
        if (again.empty()) continue;
        ++accepted;
        BOOST_REQUIRE_MESSAGE(again.find_first_of("\r\n") == std::string::npos, again);
        const auto twice = parse_command(again);
        BOOST_REQUIRE_MESSAGE(twice, again);
        BOOST_REQUIRE(text_of(*twice) == again);
    }
    BOOST_TEST(accepted > 1000U);
}

BOOST_AUTO_TEST_SUITE_END()
