// SPDX-License-Identifier: Apache-2.0
#include "seal/status_lines.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace postseal::seal::test {

namespace {

const std::string fingerprint = "CE0AB862F629B36C25EF39E1C8F922C571429E7A";

} // namespace

BOOST_AUTO_TEST_SUITE(status)

BOOST_AUTO_TEST_CASE(what_gpg_says_of_an_encryption_is_understood) {
    const auto seen = read_status("[GNUPG:] KEY_CONSIDERED " + fingerprint +
                                  " 0\n[GNUPG:] BEGIN_ENCRYPTION 2 9\n[GNUPG:] END_ENCRYPTION\n");
    BOOST_TEST(seen.encryption_ended);
    BOOST_TEST(!seen.failure);
    BOOST_TEST(!seen.invalid_recipient);
}

BOOST_AUTO_TEST_CASE(what_gpg_complains_of_is_understood) {
    const auto seen = read_status("[GNUPG:] INV_RECP 0 -&5\n[GNUPG:] FAILURE encrypt 53\n");
    BOOST_TEST(seen.invalid_recipient);
    BOOST_TEST(seen.failure);
    BOOST_TEST(!seen.encryption_ended);
}

BOOST_AUTO_TEST_CASE(imported_certificates_are_counted_and_named) {
    const auto one = "[GNUPG:] IMPORT_OK 1 " + fingerprint + "\n";
    const auto seen = read_status(one + "[GNUPG:] IMPORT_RES 1 0 1 0 0 0 0 0 0 0 0 0 0 0 0\n");
    BOOST_TEST(seen.import_ended);
    BOOST_TEST(seen.imported == 1u);
    BOOST_TEST(seen.fingerprint == fingerprint);
    BOOST_TEST(read_status(one + one).imported == 2u);
}

BOOST_AUTO_TEST_CASE(only_whole_lines_with_the_prefix_count) {
    for (const char* text :
         {"END_ENCRYPTION\n", "[GNUPG:] END_ENCRYPTION", "[GNUPG:]END_ENCRYPTION\n",
          "gpg: [GNUPG:] END_ENCRYPTION\n", "[GNUPG:] END_ENCRYPTIONS\n",
          "[GNUPG:] NOTE END_ENCRYPTION\n", "[GNUPG:] \n", "\n", ""}) {
        BOOST_TEST(!read_status(text).encryption_ended, text);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_fingerprint_is_not_taken_for_one) {
    for (const auto& arguments :
         {std::string(), std::string("1"), std::string("1 "), "1 " + fingerprint.substr(1),
          "1 " + fingerprint + "0", "1 --" + fingerprint.substr(2), fingerprint + " 1",
          "1  " + fingerprint.substr(1)}) {
        const auto seen = read_status("[GNUPG:] IMPORT_OK " + arguments + "\n");
        BOOST_TEST(seen.imported == 1u);
        BOOST_TEST(seen.fingerprint == "", arguments);
    }
}

BOOST_AUTO_TEST_CASE(hostile_status_is_read_without_harm) {
    std::mt19937 generator(4880);
    const std::string pieces[] = {"[GNUPG:] ", "IMPORT_OK", " ", "\n", "1 ", fingerprint, "\xff"};
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto count = generator() % 12; count > 0; --count) {
            text += pieces[generator() % std::size(pieces)];
        }
        const auto seen = read_status(text);
        BOOST_REQUIRE((seen.fingerprint.empty() || seen.fingerprint == fingerprint));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::seal::test
