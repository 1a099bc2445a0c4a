// SPDX-License-Identifier: Apache-2.0
// Encrypting with real sealers and real gpg. What is decrypted here is decrypted by gpg.
#include "message/openpgp.hpp"
#include "pool_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace postseal::seal::test {

namespace {

std::string without_last_subkey(const std::string& certificate) {
    const auto packets = message::split_packets(certificate);
    BOOST_REQUIRE(packets);
    std::size_t end = 0;
    std::size_t size = 0;
    for (const auto& each : *packets) {
        if (each.tag == 14) end = size;
        size += each.whole.size();
    }
    return certificate.substr(0, end);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(encrypting, pool_fixture)

BOOST_AUTO_TEST_CASE(what_is_sealed_decrypts_to_the_same_bytes) {
    start();
    for (const std::size_t size : {0, 1, 65535, 65536, 65537, 5 << 20}) {
        const auto plaintext = noise(size);
        const auto sealed = encrypt(plaintext, {"alice"});
        BOOST_REQUIRE_MESSAGE(sealed, "size " << size << ": " << sealed.error().message());
        BOOST_TEST(::lseek(sealed->get(), 0, SEEK_CUR) == 0);
        BOOST_TEST((decrypt(read_all(*sealed), "alice") == plaintext), "size " << size);
    }
}

BOOST_AUTO_TEST_CASE(each_recipient_can_read_it) {
    start();
    const auto sealed = encrypt("to all of you\r\n", {"alice", "bob", "paula", "rotated"});
    BOOST_REQUIRE(sealed);
    const auto ciphertext = read_all(*sealed);
    for (const char* name : {"alice", "bob", "paula", "rotated"}) {
        BOOST_TEST(decrypt(ciphertext, name) == "to all of you\r\n", name);
    }
}

BOOST_AUTO_TEST_CASE(all_packets_have_new_format_headers) {
    start();
    for (const char* name : {"alice", "bob", "paula"}) { // the last one's grows by an octet
        const auto sealed = encrypt("x", {name});
        BOOST_REQUIRE(sealed);
        const auto ciphertext = read_all(*sealed);
        const auto packets = message::split_packets(ciphertext);
        BOOST_REQUIRE(packets);
        for (const auto& each : *packets) {
            BOOST_TEST(!each.old_format, name);
        }
        BOOST_TEST(decrypt(ciphertext, name) == "x");
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_that_occurs_twice_gets_one_session_key) {
    start();
    const auto sealed = encrypt("x", {"alice", "alice"});
    BOOST_REQUIRE(sealed);
    const auto seen = message::read_encrypted_message(read_all(*sealed));
    BOOST_REQUIRE(seen);
    BOOST_TEST(seen->key_ids.size() == 1u);
}

BOOST_AUTO_TEST_CASE(each_state_of_a_certificate_gets_the_session_key_that_it_asks_for) {
    start();
    // The same certificate before it had its newer encryption key.
    const auto now = certificate_of("rotated");
    BOOST_REQUIRE(now.encryption_keys.size() == 2u);
    auto before = now;
    before.encryption_keys.pop_back();
    before.bytes = std::make_shared<const std::string>(without_last_subkey(*now.bytes));
    for (const auto& recipients : {std::vector{now, before}, std::vector{before, now}}) {
        auto asked = recipients;
        const auto sealed = run(sealers->encrypt(file_with("x"), std::move(asked)));
        BOOST_REQUIRE_MESSAGE(sealed, sealed.error().message());
        const auto seen = message::read_encrypted_message(read_all(*sealed));
        BOOST_REQUIRE(seen);
        auto served = seen->key_ids;
        auto wanted = now.encryption_keys;
        std::sort(served.begin(), served.end());
        std::sort(wanted.begin(), wanted.end());
        BOOST_TEST(served == wanted, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(the_plaintext_is_read_from_its_start_and_its_offset_stays) {
    start();
    auto plaintext = file_with("all of it");
    const descriptor ours(::dup(plaintext.get()));
    BOOST_REQUIRE(::lseek(ours.get(), 4, SEEK_SET) == 4);
    std::vector<keys::certificate> recipients{certificate_of("alice")};
    const auto sealed = run(sealers->encrypt(std::move(plaintext), std::move(recipients)));
    BOOST_REQUIRE(sealed);
    BOOST_TEST(decrypt(read_all(*sealed), "alice") == "all of it");
    BOOST_TEST(::lseek(ours.get(), 0, SEEK_CUR) == 4);
}

BOOST_AUTO_TEST_CASE(a_large_message_goes_to_a_file_without_a_name) {
    settings.large_files = folder.path() / "large";
    settings.in_memory = 1000;
    std::filesystem::create_directory(settings.large_files);
    start();
    const auto plaintext = noise(1001);
    for (const char* name : {"alice", "paula"}) {
        const auto sealed = encrypt(plaintext, {name});
        BOOST_REQUIRE(sealed);
        struct stat about {};
        BOOST_REQUIRE(::fstat(sealed->get(), &about) == 0);
        BOOST_TEST(about.st_nlink == 0u);
        BOOST_TEST(std::filesystem::is_empty(settings.large_files));
        std::string ciphertext(static_cast<std::size_t>(about.st_size), '\0');
        BOOST_REQUIRE(::read(sealed->get(), ciphertext.data(), ciphertext.size()) == about.st_size);
        BOOST_TEST((decrypt(ciphertext, name) == plaintext));
    }
}

BOOST_AUTO_TEST_CASE(a_plaintext_is_compressed_where_that_is_asked_for_and_opens_all_the_same) {
    start();
    const std::string plaintext(300'000, 'a');
    for (const std::vector<std::string>& names :
         {std::vector<std::string>{"alice"}, {"alice", "bob", "paula"}}) {
        const auto plain = encrypt(plaintext, names);
        const auto packed = encrypt(plaintext, names, compression::if_all_can);
        BOOST_REQUIRE(plain);
        BOOST_REQUIRE(packed);
        BOOST_TEST(read_all(*plain).size() > plaintext.size());
        BOOST_TEST(read_all(*packed).size() < 10'000U);
        for (const auto& name : names)
            BOOST_TEST((decrypt(read_all(*packed), name) == plaintext), name);
    }
    // A keyring that was made for one kind serves the other.
    BOOST_TEST(read_all(*encrypt(plaintext, {"alice"})).size() > plaintext.size());
}

BOOST_AUTO_TEST_CASE(nothing_is_compressed_for_a_key_whose_owner_cannot_read_it) {
    start();
    const std::string plaintext(300'000, 'a');
    const auto sealed = encrypt(plaintext, {"alice", "ursula"}, compression::if_all_can);
    BOOST_REQUIRE(sealed);
    BOOST_TEST(read_all(*sealed).size() > plaintext.size());
    BOOST_TEST((decrypt(read_all(*sealed), "alice") == plaintext));
}

BOOST_AUTO_TEST_CASE(certificates_that_gnupg_refuses_are_told_apart_from_failures) {
    start();
    for (const char* name : {"expired", "stale", "revoked", "olga"}) {
        const auto alone = encrypt("x", {name});
        BOOST_REQUIRE(!alone);
        BOOST_TEST(alone.error() == errc::unusable_certificate, name);
        const auto among_good_ones = encrypt("x", {"alice", name, "bob"});
        BOOST_REQUIRE(!among_good_ones);
        BOOST_TEST(among_good_ones.error() == errc::unusable_certificate, name);
    }
    BOOST_TEST(encrypt("x", {"alice", "bob"}).has_value());
}

BOOST_AUTO_TEST_CASE(garbage_as_a_certificate_is_refused) {
    start();
    for (const auto& bytes :
         {std::string(), noise(500), certificate_bytes("alice").substr(0, 100)}) {
        auto broken = certificate_of("alice");
        broken.bytes = std::make_shared<const std::string>(bytes);
        std::vector<keys::certificate> recipients{std::move(broken)};
        const auto sealed = run(sealers->encrypt(file_with("x"), std::move(recipients)));
        BOOST_REQUIRE(!sealed);
        BOOST_TEST(sealed.error() == errc::unusable_certificate);
    }
}

BOOST_AUTO_TEST_CASE(a_ciphertext_for_another_key_than_expected_is_not_given_out) {
    start();
    auto confused = certificate_of("alice");
    confused.encryption_keys = certificate_of("bob").encryption_keys;
    std::vector<keys::certificate> recipients{std::move(confused)};
    const auto sealed = run(sealers->encrypt(file_with("x"), std::move(recipients)));
    BOOST_REQUIRE(!sealed);
    BOOST_TEST(sealed.error() == errc::incomplete_output);
}

BOOST_AUTO_TEST_CASE(too_few_and_too_many_recipients_are_an_error) {
    start();
    BOOST_TEST(!encrypt("x", {}));
    std::vector<keys::certificate> many(1001, certificate_of("alice"));
    for (std::size_t i = 0; i < many.size(); ++i) {
        many[i].fingerprint += std::to_string(i);
    }
    BOOST_TEST(!run(sealers->encrypt(file_with("x"), std::move(many))));
}

BOOST_AUTO_TEST_CASE(more_recipients_than_one_packet_has_descriptors_for) {
    start();
    std::vector<keys::certificate> many(300, certificate_of("alice"));
    for (std::size_t i = 0; i < many.size(); ++i) {
        many[i].fingerprint += std::to_string(i);
    }
    // gpg makes one session key for the 300, which serves each of them.
    const auto sealed = run(sealers->encrypt(file_with("x"), std::move(many)));
    BOOST_REQUIRE_MESSAGE(sealed, sealed.error().message());
    BOOST_TEST(decrypt(read_all(*sealed), "alice") == "x");
}

BOOST_AUTO_TEST_CASE(a_ciphertext_above_the_limit_is_no_space) {
    settings.max_output = 100'000;
    start();
    const auto sealed = encrypt(noise(200'000), {"alice"});
    BOOST_REQUIRE(!sealed);
    BOOST_TEST(sealed.error() == errc::no_space);
    BOOST_TEST(encrypt(noise(50'000), {"alice"}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::seal::test
