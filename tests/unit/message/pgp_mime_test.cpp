// SPDX-License-Identifier: Apache-2.0
#include "message/armor.hpp"
#include "message/pgp_mime.hpp"
#include "tests/unit/message/test_data.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal::message;

namespace {

std::string inner(std::string_view header) { return inner_header(read_header_section(header)); }

std::string sealed(std::string_view outer, std::string_view boundary, std::string_view binary) {
    std::string text;
    write_pgp_mime([&text](std::string_view piece) { text += piece; }, outer, boundary, binary);
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(pgp_mime)

BOOST_AUTO_TEST_CASE(structural_fields_are_those_that_describe_the_body) {
    for (const auto name : {"MIME-Version", "mime-version", "Content-Type", "CONTENT-foo"})
        BOOST_TEST(is_structural(name));
    for (const auto name : {"", "Content", "Mime", "X-Content-Type", "MIME-Versions", "Subject"})
        BOOST_TEST(!is_structural(name));
}

BOOST_AUTO_TEST_CASE(inner_header_has_the_content_fields_as_they_were_in_their_order) {
    BOOST_TEST(inner("MIME-Version: 1.0 (Mac OS X Mail 16.0)\r\n"
                     "content-transfer-encoding:  8bit\r\n"
                     "Subject: x\r\n"
                     "Content-Type: multipart/signed; micalg=pgp-sha512;\r\n"
                     "\tboundary=\"b\"\r\n"
                     "Content-Length: 12\r\n"
                     "Content-Description : d\r\n"
                     "\r\n"
                     "Content-Type: not/this\r\n") ==
               "content-transfer-encoding:  8bit\r\n"
               "Content-Type: multipart/signed; micalg=pgp-sha512;\r\n"
               "\tboundary=\"b\"\r\n"
               "Content-Description : d\r\n"
               "\r\n");
}

BOOST_AUTO_TEST_CASE(inner_header_always_has_a_content_type) {
    BOOST_TEST(inner("") == "Content-Type: text/plain\r\n\r\n");
    BOOST_TEST(inner("Subject: x\r\n\r\n") == "Content-Type: text/plain\r\n\r\n");
    BOOST_TEST(inner("Content-Transfer-Encoding: base64\r\n") ==
               "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    BOOST_TEST(inner("Content-Type: text/html") == "Content-Type: text/html\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(boundary_cannot_stand_in_armor) {
    const auto boundary = make_boundary(std::string(24, '\x19'));
    BOOST_TEST(boundary == "=_" + std::string(24, 'z'));
    BOOST_TEST(make_boundary("\x1F\xFF\x20") == "=_77a");
    BOOST_TEST(make_boundary("0123456789abcdef") != make_boundary("0123456789abcdeg"));
    std::string all;
    for (int octet = 0; octet < 256; ++octet)
        all += static_cast<char>(octet);
    // RFC 2046 §5.1.1: at most 70 characters; ours stay within a line however much is given.
    BOOST_TEST(make_boundary(all).size() == 34u);
    for (std::size_t at = 0; at < all.size(); at += 32) {
        const auto made = make_boundary(std::string_view(all).substr(at, 32));
        BOOST_TEST(made.substr(2).find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") ==
                   made.npos);
    }
}

BOOST_AUTO_TEST_CASE(sealed_message_is_what_thunderbird_writes) {
    BOOST_TEST(sealed("From: anna@example.org\r\n", "=_b", "hello") ==
               "From: anna@example.org\r\n"
               "MIME-Version: 1.0\r\n"
               "Content-Type: multipart/encrypted;\r\n"
               " protocol=\"application/pgp-encrypted\";\r\n"
               " boundary=\"=_b\"\r\n"
               "\r\n"
               "This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)\r\n"
               "--=_b\r\n"
               "Content-Type: application/pgp-encrypted\r\n"
               "Content-Description: PGP/MIME version identification\r\n"
               "\r\n"
               "Version: 1\r\n"
               "\r\n"
               "--=_b\r\n"
               "Content-Type: application/octet-stream; name=\"encrypted.asc\"\r\n"
               "Content-Description: OpenPGP encrypted message\r\n"
               "Content-Disposition: inline; filename=\"encrypted.asc\"\r\n"
               "\r\n"
               "-----BEGIN PGP MESSAGE-----\r\n"
               "\r\n"
               "aGVsbG8=\r\n"
               "=R/WK\r\n"
               "-----END PGP MESSAGE-----\r\n"
               "\r\n"
               "--=_b--\r\n");
}

BOOST_AUTO_TEST_CASE(sealed_message_is_short_lines_of_ascii_and_gives_the_ciphertext_back) {
    const auto binary = test_data("partial_lengths.pgp");
    const auto text = sealed("", make_boundary(std::string(32, 'x')), binary);
    std::size_t at = 0;
    while (at < text.size()) {
        const auto end = text.find("\r\n", at);
        BOOST_REQUIRE(end != text.npos);
        const auto line = text.substr(at, end - at);
        BOOST_TEST(line.size() <= 78u);
        BOOST_TEST(line.find_first_of("\r\n") == line.npos);
        for (const char c : line)
            BOOST_REQUIRE((c >= ' ' && c < 0x7F));
        at = end + 2;
    }
    BOOST_TEST(read_armor(text)->binary == binary);
}

BOOST_AUTO_TEST_SUITE_END()
