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
                        "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8", "AUTH PLAIN LOGIN",
                        "CHUNKING", "XFORWARD NAME addr LOGIN ADDR", "VRFY", ""}};
    extensions wanted;
    wanted.pipelining = wanted.size = wanted.eight_bit_mime = wanted.enhanced_status_codes = true;
    wanted.dsn = wanted.smtputf8 = wanted.auth = true;
    wanted.size_limit = 10240000;
    wanted.xforward = {"NAME", "ADDR"};
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
    BOOST_CHECK((ehlo_reply("relay", theirs, 0, client_trust::stranger).lines ==
                 std::vector<std::string>{"relay", "PIPELINING", "SIZE"}));
    theirs.eight_bit_mime = theirs.enhanced_status_codes = theirs.dsn = theirs.smtputf8 = true;
    theirs.auth = true;
    theirs.xforward = {"NAME"};
    BOOST_CHECK((ehlo_reply("relay", theirs, 1000, client_trust::trusted).lines ==
                 std::vector<std::string>{"relay", "PIPELINING", "SIZE 1000", "8BITMIME",
                                          "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8",
                                          "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE"}));
}

BOOST_AUTO_TEST_CASE(the_tighter_limit_is_announced) {
    extensions theirs;
    theirs.size = true;
    theirs.size_limit = 10U << 20U;
    const auto line = [&](std::uint64_t ours) {
        return ehlo_reply("relay", theirs, ours, client_trust::stranger).lines[2];
    };
    BOOST_TEST(line(0) == "SIZE " + std::to_string(size_before_sealing(10U << 20U)));
    BOOST_TEST(line(5000) == "SIZE 5000");
}

BOOST_AUTO_TEST_CASE(what_fits_before_sealing_fits_after_it) {
    BOOST_TEST(size_before_sealing(0) == 0U);
    BOOST_TEST(size_before_sealing(1) == 1U); // never 0, which is "no limit"
    BOOST_TEST(size_before_sealing(64U << 10U) > 0U);
    for (const std::uint64_t limit : std::vector<std::uint64_t>{200000, 1000000, 10240000, 52428800,
                                                                1ULL << 30U, 1ULL << 40U}) {
        const auto before = size_before_sealing(limit);
        BOOST_TEST(size_after_sealing(before) <= limit);
        BOOST_TEST(size_after_sealing(before + 200) > limit);
        BOOST_TEST(before * 11 / 8 < limit); // 1.375: armor alone
    }
    BOOST_TEST(size_after_sealing(UINT64_MAX) == UINT64_MAX);
    BOOST_TEST(size_before_sealing(UINT64_MAX) > UINT64_MAX / 2);
}

BOOST_AUTO_TEST_SUITE_END()
