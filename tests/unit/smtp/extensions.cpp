// SPDX-License-Identifier: Apache-2.0
#include "smtp/extensions.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace postseal::smtp;

BOOST_AUTO_TEST_SUITE(service_extensions)

BOOST_AUTO_TEST_CASE(what_a_next_hop_offers_is_read_in_any_case) {
    const reply answer{250,
                       {},
                       {"PIPELINING is no extension here", "pipelining", "Size 10240000",
                        "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8",
                        "AUTH plain EXTERNAL LOGIN PLAIN SCRAM-SHA-256-PLUS SCRAM-SHA-256",
                        "STARTTLS", "REQUIRETLS", "CHUNKING", "XFORWARD NAME addr LOGIN ADDR",
                        "XCLIENT login IDENT ADDR Name ADDR", "VRFY", ""}};
    extensions wanted;
    wanted.pipelining = wanted.size = wanted.eight_bit_mime = wanted.enhanced_status_codes = true;
    wanted.dsn = wanted.smtputf8 = wanted.auth = true;
    wanted.starttls = wanted.requiretls = wanted.chunking = true;
    wanted.mechanisms = {"PLAIN", "LOGIN", "SCRAM-SHA-256"};
    wanted.size_limit = 10240000;
    wanted.xforward = {"NAME", "ADDR"};
    wanted.xclient = {"LOGIN", "ADDR", "NAME"};
    BOOST_CHECK(read_extensions(answer) == wanted);
}

BOOST_AUTO_TEST_CASE(an_offer_that_makes_no_sense_is_no_offer) {
    BOOST_CHECK(read_extensions(reply{250, {}, {"PIPELINING"}}) == extensions{});
    BOOST_CHECK(read_extensions(reply{250, {}, {}}) == extensions{});
    const auto without_limit = read_extensions(reply{250, {}, {"mx", "SIZE 12x"}});
    BOOST_TEST(without_limit.size);
    BOOST_TEST(without_limit.size_limit == 0U);
    BOOST_TEST(!read_extensions(reply{250, {}, {"mx", "SMTPUTF8"}}).smtputf8); // needs 8BITMIME
    BOOST_TEST(!read_extensions(reply{250, {}, {"mx", "DSNX"}}).dsn);
}

BOOST_AUTO_TEST_CASE(a_client_is_offered_ours_and_theirs_by_allow_list) {
    extensions theirs;
    BOOST_CHECK((ehlo_reply("relay", theirs, {}).lines ==
                 std::vector<std::string>{"relay", "PIPELINING", "CHUNKING", "SIZE"}));
    theirs.eight_bit_mime = theirs.enhanced_status_codes = theirs.dsn = theirs.smtputf8 = true;
    theirs.auth = true;
    theirs.xforward = {"NAME"};
    const own_offer ours{.message_size = 1000, .trust = client_trust::trusted};
    BOOST_CHECK((ehlo_reply("relay", theirs, ours).lines ==
                 std::vector<std::string>{"relay", "PIPELINING", "CHUNKING", "SIZE 1000",
                                          "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8",
                                          "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE"}));
}

BOOST_AUTO_TEST_CASE(a_login_is_offered_where_both_sides_can) {
    extensions theirs;
    const auto lines = [&](const own_offer& ours) {
        auto said = ehlo_reply("relay", theirs, ours).lines;
        said.erase(said.begin(), said.begin() + 4);
        return said;
    };
    const own_offer all{.starttls = true, .login = true, .requiretls = true};
    BOOST_CHECK((lines(all) == std::vector<std::string>{"STARTTLS"}));
    theirs.auth = theirs.starttls = theirs.requiretls = true; // mechanisms, but none for us
    BOOST_CHECK((lines(all) == std::vector<std::string>{"STARTTLS", "REQUIRETLS"}));
    theirs.mechanisms = {"PLAIN", "LOGIN"};
    BOOST_CHECK(
        (lines(all) == std::vector<std::string>{"STARTTLS", "AUTH PLAIN LOGIN", "REQUIRETLS"}));
    BOOST_TEST(lines({}).empty());
}

BOOST_AUTO_TEST_CASE(only_mechanisms_that_survive_a_relay_are_let_through) {
    for (const std::string name : {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256",
                                   "SCRAM-SHA3-512", "XOAUTH2", "OAUTHBEARER"})
        BOOST_TEST(is_let_through(name), name);
    for (const std::string name :
         {"", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "EXTERNAL", "GSSAPI", "GS2-KRB5",
          "DIGEST-MD5", "NTLM", "ANONYMOUS", "plain", "PLAIN2", "KERBEROS_V4", "SKEY", "OTP",
          "SCRAM-SHA_1", "SCRAM-ABCDEFGHIJKLMNOPQ"})
        BOOST_TEST(!is_let_through(name), name);
}

BOOST_AUTO_TEST_CASE(a_list_of_mechanisms_has_an_end) {
    std::string line = "AUTH";
    for (int i = 100; i < 200; ++i)
        line += " SCRAM-SHA-" + std::to_string(i);
    BOOST_TEST(read_extensions(reply{250, {}, {"mx", line}}).mechanisms.size() == 20U);
}

BOOST_AUTO_TEST_CASE(the_tighter_limit_is_announced) {
    extensions theirs;
    theirs.size = true;
    theirs.size_limit = 10U << 20U;
    const auto line = [&](std::uint64_t ours) {
        return ehlo_reply("relay", theirs, {.message_size = ours}).lines[3];
    };
    BOOST_TEST(line(0) == "SIZE 10485760");
    BOOST_TEST(line(5000) == "SIZE 5000");
}

BOOST_AUTO_TEST_SUITE_END()
