// SPDX-License-Identifier: Apache-2.0
#include "seal/output_check.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace postseal::seal::test {

namespace {

using ids = std::vector<std::uint64_t>;

std::string packet(int tag, const std::string& body) {
    return std::string{static_cast<char>(0xC0 | tag), static_cast<char>(body.size())} + body;
}

std::string session_key(std::uint64_t key) {
    std::string body{3};
    for (int shift = 56; shift >= 0; shift -= 8) {
        body += static_cast<char>(key >> shift);
    }
    return packet(1, body + "\x12" + "sealed session key");
}

const std::string password = packet(3, std::string("\x04\x09\x00\x08", 4));
const std::string protected_data = packet(18, "\x01" + std::string(40, 'x'));
const std::string unprotected_data = packet(9, std::string(40, 'x'));

// Recipients by the encryption keys that each has.
std::vector<keys::certificate> recipients_with(const std::vector<ids>& keys) {
    std::vector<keys::certificate> made;
    for (const auto& each : keys) {
        keys::certificate one;
        one.fingerprint = std::to_string(made.size());
        one.encryption_keys = each;
        made.push_back(std::move(one));
    }
    return made;
}

struct example {
    const char* what;
    std::string ciphertext;
    std::vector<ids> recipients;
    bool good;
};

} // namespace

BOOST_AUTO_TEST_SUITE(output_check)

BOOST_AUTO_TEST_CASE(only_one_whole_message_for_the_expected_keys_is_good) {
    const auto to_a = session_key(0xA1);
    const auto to_b = session_key(0xB1);
    const example examples[] = {
        {"for its one recipient", to_a + protected_data, {{0xA1}}, true},
        {"for two", to_a + to_b + protected_data, {{0xA1}, {0xB1}}, true},
        {"in another order", to_b + to_a + protected_data, {{0xA1}, {0xB1}}, true},
        {"for one key of several", to_a + protected_data, {{0xA0, 0xA1, 0xA2}}, true},
        {"for a key that two share", to_a + protected_data, {{0xA1}, {0xA1}}, true},
        {"nothing", "", {{0xA1}}, false},
        {"without data", to_a, {{0xA1}}, false},
        {"without session key", protected_data, {{0xA1}}, false},
        {"cut", (to_a + protected_data).substr(0, to_a.size() + 30), {{0xA1}}, false},
        {"with an octet more", to_a + protected_data + "x", {{0xA1}}, false},
        {"two messages", to_a + protected_data + to_a + protected_data, {{0xA1}}, false},
        {"for somebody else", to_b + protected_data, {{0xA1}}, false},
        {"for somebody else too", to_a + to_b + protected_data, {{0xA1}}, false},
        {"for somebody else instead",
         to_a + session_key(0xC1) + protected_data,
         {{0xA1}, {0xB1}},
         false},
        {"one is missing", to_a + protected_data, {{0xA1}, {0xB1}}, false},
        {"the same twice", to_a + to_a + protected_data, {{0xA1}, {0xB1}}, false},
        {"for a hidden recipient", session_key(0) + protected_data, {{0}}, false},
        {"with a password too", to_a + password + protected_data, {{0xA1}}, false},
        {"without integrity protection", to_a + unprotected_data, {{0xA1}}, false},
    };
    for (const auto& each : examples) {
        BOOST_TEST(is_sealed_to(each.ciphertext, 0, recipients_with(each.recipients)) == each.good,
                   each.what);
    }
}

BOOST_AUTO_TEST_CASE(no_cut_of_a_good_message_is_good) {
    const auto good = session_key(0xA1) + protected_data;
    const auto recipients = recipients_with({{0xA1}});
    BOOST_REQUIRE(is_sealed_to(good, 0, recipients));
    for (std::size_t size = 0; size < good.size(); ++size) {
        BOOST_TEST(!is_sealed_to(good.substr(0, size), 0, recipients), "after " << size);
    }
}

BOOST_AUTO_TEST_CASE(a_message_is_larger_than_its_plaintext) {
    const auto session_keys = session_key(0xA1);
    const auto recipients = recipients_with({{0xA1}});
    const auto good = session_keys + protected_data;
    for (const std::uint64_t size : {1, 43, 44, 1000, -1}) {
        BOOST_TEST(!is_sealed_to(good, size, recipients), size);
    }
    const auto larger = session_keys + packet(18, "\x01" + std::string(60, 'x'));
    BOOST_TEST(is_sealed_to(larger, 20, recipients));
    BOOST_TEST(!is_sealed_to(larger, 21, recipients));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::seal::test
