// SPDX-License-Identifier: Apache-2.0
#include "smtp/login_name.hpp"

#include "smtp/base64.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace postseal::smtp;

namespace {

std::string base64(std::string_view octets) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        unsigned bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = bits << 8U |
                   (i + j < octets.size() ? static_cast<unsigned char>(octets[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            text += i + j > octets.size() ? '=' : digits[bits >> (18 - 6 * j) & 63U];
    }
    return text;
}

std::string name_in(const std::string& mechanism, std::string_view octets) {
    return login_name(mechanism, base64(octets)).value_or("(none)");
}

} // namespace

BOOST_AUTO_TEST_SUITE(name_of_a_login)

BOOST_AUTO_TEST_CASE(base64_is_one_line_of_its_alphabet) {
    for (const std::string text : {"", "A", "AGE=", "AG==", "+/09azAZ"})
        BOOST_TEST(is_base64(text), text);
    for (const std::string text : {"=", "==", "A===", "A=B=", "A B=", "AGE\t", "AG-_", "\xc3\xa4"})
        BOOST_TEST(!is_base64(text), text);
    BOOST_TEST((decode_base64("AGEA") == std::string("\0a\0", 3)));
    BOOST_TEST((decode_base64("YW5uYQ==") == "anna"));
    for (const std::string text : {"A", "AG", "AGE", "YW5uYQ", "YW5uYQ="})
        BOOST_TEST(!decode_base64(text), text);
    std::mt19937 random(3);
    for (int round = 0; round < 1000; ++round) {
        std::string octets;
        for (auto left = random() % 20; left > 0; --left)
            octets += static_cast<char>(random());
        BOOST_REQUIRE(decode_base64(base64(octets)) == octets);
    }
}

BOOST_AUTO_TEST_CASE(every_mechanism_names_who_logs_in) {
    using namespace std::string_view_literals;
    const std::vector<std::pair<std::string, std::pair<std::string_view, std::string>>> table = {
        {"PLAIN", {"\0anna\0secret"sv, "anna"}},
        {"PLAIN", {"anna\0anna\0secret"sv, "anna"}},
        {"PLAIN", {"bob\0anna\0secret"sv, "(none)"}}, // whom it lets in is the server's affair
        {"PLAIN", {"bob\0\0secret"sv, "(none)"}},
        {"PLAIN", {"\0anna\0"sv, "anna"}},
        {"PLAIN", {"\0\0secret"sv, "(none)"}},
        {"PLAIN", {"\0anna"sv, "(none)"}},
        {"PLAIN", {"\0anna\0secret\0more"sv, "(none)"}},
        {"PLAIN", {"\0j\u00fcrgen@b\u00fccher.example\0x"sv, "j\u00fcrgen@b\u00fccher.example"}},
        {"PLAIN", {"\0a\r\nb\0x"sv, "(none)"}},
        {"PLAIN", {"\0\xff\0x"sv, "(none)"}},
        {"LOGIN", {"anna@example.org", "anna@example.org"}},
        {"LOGIN", {"", "(none)"}},
        {"LOGIN", {"a\0b"sv, "(none)"}},
        {"CRAM-MD5", {"anna b913a602c7eda7a495b4e6e7334d3890", "anna"}},
        {"CRAM-MD5", {"anna b b913a602c7eda7a4", "anna b"}},
        {"CRAM-MD5", {"b913a602c7eda7a4", "(none)"}},
        {"SCRAM-SHA-1", {"n,,n=anna,r=fyko", "anna"}},
        {"SCRAM-SHA-256", {"y,,n=a=2Cb=3Dc,r=fyko", "a,b=c"}},
        {"SCRAM-SHA-256", {"n,a=anna,n=anna,r=fyko", "anna"}},
        {"SCRAM-SHA-256", {"n,a=bob,n=anna,r=fyko", "(none)"}},
        {"SCRAM-SHA-256", {"n,,n=a=2c,r=fyko", "(none)"}},
        {"SCRAM-SHA-256", {"n,,n=a=", "(none)"}},
        {"SCRAM-SHA-256", {"n,,m=ext,n=anna,r=fyko", "(none)"}},
        {"SCRAM-SHA-256", {"n,x=1,n=anna,r=fyko", "(none)"}},
        {"SCRAM-SHA-256", {"n", "(none)"}},
        {"XOAUTH2", {"user=anna@example.org\1auth=Bearer ya29\1\1", "anna@example.org"}},
        {"XOAUTH2", {"user=boss\1user=anna\1auth=Bearer ya29\1\1", "(none)"}},
        {"XOAUTH2", {"auth=Bearer ya29\1\1", "(none)"}},
        {"OAUTHBEARER", {"n,a=anna@example.org,\1host=mx\1auth=Bearer x\1\1", "anna@example.org"}},
        {"OAUTHBEARER", {"n,,\1auth=Bearer x\1\1", "(none)"}},
        {"NTLM", {"anna", "(none)"}},
    };
    for (const auto& [mechanism, row] : table)
        BOOST_TEST(name_in(mechanism, row.first) == row.second, mechanism << ' ' << row.second);
}

BOOST_AUTO_TEST_CASE(a_name_has_a_limit) {
    BOOST_TEST(name_in("LOGIN", std::string(max_login_name, 'a')).size() == max_login_name);
    BOOST_TEST(name_in("LOGIN", std::string(max_login_name + 1, 'a')) == "(none)");
}

BOOST_AUTO_TEST_CASE(what_is_no_base64_has_no_name) {
    BOOST_TEST(!login_name("LOGIN", "anna*"));
    BOOST_TEST(!login_name("LOGIN", "YW5uYQ"));
}

BOOST_AUTO_TEST_CASE(random_responses_have_a_printable_name_or_none) {
    const std::vector<std::string> words = {
        "a", ",",    "n=",       "a=", "=2C", "=", "user=", "\1", std::string(1, '\0'),
        " ", "\xff", "\xc3\xa4", "\n"};
    std::mt19937 random(11);
    for (int round = 0; round < 20000; ++round) {
        std::string octets;
        for (auto left = random() % 8; left > 0; --left)
            octets += words[random() % words.size()];
        for (const std::string mechanism :
             {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "XOAUTH2", "OAUTHBEARER"}) {
            const auto read = login_name(mechanism, base64(octets));
            BOOST_REQUIRE(!read ||
                          (!read->empty() && read->find_first_of("\n\1\xff") == std::string::npos));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
