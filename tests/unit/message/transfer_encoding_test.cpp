// SPDX-License-Identifier: Apache-2.0
#include "message/transfer_encoding.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::message;

BOOST_AUTO_TEST_SUITE(transfer_encoding_test)

BOOST_AUTO_TEST_CASE(encodings_are_known_by_name) {
    struct row {
        std::string_view body;
        transfer_encoding expected;
    };
    const row table[] = {
        {" 7bit", transfer_encoding::identity},
        {" 7Bit (plain)", transfer_encoding::identity},
        {" 8BIT", transfer_encoding::identity},
        {" binary\r\n ", transfer_encoding::identity},
        {" Quoted-Printable", transfer_encoding::quoted_printable},
        {"base64", transfer_encoding::base64},
        {"", transfer_encoding::unknown},
        {" x-uuencode", transfer_encoding::unknown},
        {" base64 base64", transfer_encoding::unknown},
        {" base64;", transfer_encoding::unknown},
        {" base64 (open", transfer_encoding::unknown},
    };
    for (const auto& [body, expected] : table) {
        BOOST_TEST_CONTEXT(body) { BOOST_TEST((read_transfer_encoding(body) == expected)); }
    }
}

BOOST_AUTO_TEST_CASE(leaves_are_decoded_as_far_as_they_are_valid) {
    constexpr auto identity = transfer_encoding::identity;
    constexpr auto quoted = transfer_encoding::quoted_printable;
    constexpr auto base64 = transfer_encoding::base64;
    struct row {
        transfer_encoding encoding;
        std::string_view leaf;
        std::string_view octets;
        bool whole;
    };
    const row table[] = {
        {identity, "a=3D\r\n", "a=3D\r\n", true},
        {quoted, "a=3D=3d\r\nb \t\r\nc=\r\nd", "a==\r\nb\r\ncd", true},
        {quoted, "a= \r\nb", "ab", true},
        {quoted, "a=20\r\n", "a \r\n", true},
        {quoted, "a=zz", "a", false},
        {quoted, "a=4", "a", false},
        {quoted, "a==\r\n", "a", false},
        {base64, "aGVs\r\nbG8=\r\n", "hello", true},
        {base64, "aGVsbG8= \r\n\r\n", "hello", true},
        {base64, "aGVsbG8=\r\n-- \r\nfooter", "hello", false}, // a list's footer, in clear
        {base64, "aGVs*bG8=", "hel", false},
        {base64, "aGVsbG8", "hel", false},
        {base64, "aGVsbG8=aGVs", "hel", false},
        {transfer_encoding::unknown, "hello", "", false},
    };
    for (const auto& [encoding, leaf, octets, whole] : table) {
        const auto content = decode(leaf, encoding);
        BOOST_TEST_CONTEXT(leaf) {
            BOOST_TEST(content.octets() == octets);
            BOOST_TEST(content.whole() == whole);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_prefix_costs_no_more_than_a_prefix) {
    const std::string line(1'000'000, 'A');
    for (const auto encoding : {transfer_encoding::identity, transfer_encoding::quoted_printable,
                                transfer_encoding::base64}) {
        const auto content = decode(line, encoding, 100);
        BOOST_TEST(content.octets().size() == 100u);
        BOOST_TEST(!content.whole());
    }
}

BOOST_AUTO_TEST_CASE(content_outlives_a_move) {
    auto content = decode("aGk=", transfer_encoding::base64);
    const auto moved = std::move(content);
    BOOST_TEST(moved.octets() == "hi");
}

BOOST_AUTO_TEST_SUITE_END()
