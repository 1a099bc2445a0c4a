// SPDX-License-Identifier: Apache-2.0
#include "keys/packets.hpp"

#include "keys/packet_body.hpp"
#include "message/armor.hpp"
#include "tests/unit/keys/packet_samples.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using verdict = cleaning::verdict;

BOOST_TEST_DONT_PRINT_LOG_VALUE(verdict)
BOOST_TEST_DONT_PRINT_LOG_VALUE(removal)

namespace {

const auto a = address("a@example.org");

std::string armored(const std::string& name) { return message::read_armor(read(name))->binary; }

} // namespace

BOOST_AUTO_TEST_SUITE(packets)

namespace {
struct sample {
    const char* file;
    const char* address;
    std::vector<int> tags;
};
std::ostream& operator<<(std::ostream& out, const sample& one) { return out << one.file; }

const sample whole_keys[] = {
    {"alice.asc", "alice@example.org", {6, 13, 2, 14, 2}},
    {"bob.gpg", "bob@example.org", {6, 13, 2, 14, 2}},
    {"dora.asc", "dora@example.org", {6, 13, 2, 14, 2}},
    {"nina.asc", "nina@example.org", {6, 13, 2, 14, 2}},
    {"signonly.asc", "signonly@example.org", {6, 13, 2}},
    {"expired.asc", "expired@example.org", {6, 13, 2, 14, 2}},
    {"revoked.asc", "revoked@example.org", {6, 2, 13, 2, 14, 2}},
};
} // namespace

BOOST_DATA_TEST_CASE(a_whole_key_of_gnupg_is_kept_byte_for_byte,
                     boost::unit_test::data::make(whole_keys)) {
    const auto original = read(sample.file);
    const auto done = clean_packets(original, address(sample.address));
    BOOST_TEST_REQUIRE(done.certificates.size() == 1);
    BOOST_TEST(done.result == verdict::cleaned);
    BOOST_TEST(done.left_out.empty());
    BOOST_TEST(tags(done.certificates[0].bytes) == sample.tags, boost::test_tools::per_element());
    const auto block = message::read_armor(original);
    BOOST_TEST((done.certificates[0].bytes == (block ? block->binary : original)));
}

BOOST_AUTO_TEST_CASE(fingerprints_are_those_that_gnupg_shows) {
    const auto done = clean_packets(read("alice.asc"), address("alice@example.org"));
    BOOST_TEST_REQUIRE(done.certificates.size() == 1);
    BOOST_TEST(done.certificates[0].fingerprint == alice_fingerprint);
    BOOST_TEST_REQUIRE(done.certificates[0].subkey_fingerprints.size() == 1);
    BOOST_TEST(done.certificates[0].subkey_fingerprints[0] ==
               "DD5ECCA74B061F0A47835B920F7F852C5544C246");
}

BOOST_AUTO_TEST_CASE(signatures_of_others_are_dropped) {
    const auto done =
        clean_packets(read("alice-signed-by-others.asc"), address("alice@example.org"));
    BOOST_TEST_REQUIRE(done.certificates.size() == 1);
    BOOST_TEST(count(done, removal::foreign_signature) == 2);
    BOOST_TEST((done.certificates[0].bytes == armored("alice.asc")));
}

BOOST_AUTO_TEST_CASE(a_revocation_by_a_designated_revoker_is_foreign_and_dropped) {
    const auto done = clean_packets(read("desi-revoked-by-bob.asc"), address("desi@example.org"));
    BOOST_TEST_REQUIRE(done.certificates.size() == 1);
    BOOST_TEST(count(done, removal::foreign_signature) == 1);
    // What remains before the user ID is the direct-key signature that names bob.
    const std::vector<int> expected{6, 2, 13, 2, 14, 2};
    BOOST_TEST(tags(done.certificates[0].bytes) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_photo_goes_with_its_signatures) {
    const auto done = clean_packets(read("photo.asc"), address("photo@example.org"));
    BOOST_TEST_REQUIRE(done.certificates.size() == 1);
    BOOST_TEST(count(done, removal::unknown_packet) == 1);
    const std::vector<int> expected{6, 13, 2, 14, 2};
    BOOST_TEST(tags(done.certificates[0].bytes) == expected, boost::test_tools::per_element());
}

namespace {
struct naming {
    const char* address;
    int user_ids;
};
std::ostream& operator<<(std::ostream& out, const naming& one) { return out << one.address; }

const naming namings[] = {
    {"many@example.org", 1},
    {"MANY@EXAMPLE.ORG", 1},
    {"many@work.example", 1},
    {"m@evil.example", 1},
    {"victim@example.org", 0}, // in the second brackets of Mallory's user ID
    {"j\xc3\xbcrgen@m\xc3\xbcnchen.example", 1},
    {"j\xc3\xbcrgen@xn--mnchen-3ya.example", 1},
    {"any@example.org", 0},
    {"many@example.org.evil.example", 0},
};
} // namespace

BOOST_DATA_TEST_CASE(only_user_ids_of_the_address_are_kept, boost::unit_test::data::make(namings)) {
    const auto done = clean_packets(read("many.asc"), address(sample.address));
    BOOST_TEST(done.certificates.size() == (sample.user_ids > 0 ? 1u : 0u));
    BOOST_TEST((done.result == (sample.user_ids > 0 ? verdict::cleaned : verdict::unusable)));
    BOOST_TEST(count(done, removal::other_user_id) == 5u - sample.user_ids);
    BOOST_TEST(count(done, removal::misplaced_signature) == 0); // they go with their user IDs
    if (sample.user_ids == 0) BOOST_TEST(done.reason == "no user ID names the address");
}

BOOST_AUTO_TEST_CASE(every_certificate_of_the_material_is_looked_at) {
    for (const char* const who : {"alice@example.org", "bob@example.org", "dora@example.org"}) {
        BOOST_TEST(clean_packets(read("three.pgp"), address(who)).certificates.size() == 1);
        const auto blocks = "Our keys:\r\n" + read("alice.asc") + "\nand\n" + read("dora.asc");
        const bool there = std::string(who) != "bob@example.org";
        BOOST_TEST(clean_packets(blocks, address(who)).certificates.size() == (there ? 1u : 0u));
    }
}

BOOST_AUTO_TEST_CASE(a_broken_block_does_not_spoil_the_next_one) {
    auto broken = read("bob.gpg");
    broken = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n%%%\n-----END PGP PUBLIC KEY BLOCK-----\n";
    const auto done = clean_packets(broken + read("alice.asc"), address("alice@example.org"));
    BOOST_TEST(done.certificates.size() == 1);
    BOOST_TEST(count(done, removal::not_openpgp) == 1);
}

namespace {
struct unreadable {
    const char* what;
    std::string material;
};
std::ostream& operator<<(std::ostream& out, const unreadable& one) { return out << one.what; }

const unreadable no_keys[] = {
    {"nothing", ""},
    {"HTML", "<html><body>404 not found</body></html>"},
    {"a truncated key", read("bob.gpg").substr(0, 900)},
    {"a key with a tail", read("bob.gpg") + "x"},
    {"an armored message", "-----BEGIN PGP MESSAGE-----\n\nyw4=\n-----END PGP MESSAGE-----\n"},
    {"a signature alone", read("alice-revocation.asc")},
    {"more octets than any key has", std::string(max_key_material + 1, '\x99')},
    {"more packets than any key has",
     [] {
         std::string many;
         for (std::size_t i = 0; i <= max_key_packets; ++i)
             many += std::string("\xcd\x01x", 3);
         return many;
     }()},
};
} // namespace

BOOST_DATA_TEST_CASE(what_is_no_key_is_told_from_an_unusable_key,
                     boost::unit_test::data::make(no_keys)) {
    const auto done = clean_packets(sample.material, address("bob@example.org"));
    BOOST_TEST((done.result == verdict::not_keys));
    BOOST_TEST(done.certificates.empty());
    BOOST_TEST(!done.reason.empty());
}

BOOST_AUTO_TEST_CASE(keys_of_other_versions_are_dropped_and_do_not_spoil_a_version_4_key) {
    const made_certificate good;
    for (const int version : {2, 3, 5, 6}) {
        const auto other = packet(6, rsa_key(version)) + good.user_id + good.certified;
        for (const auto& material : {good.with({}) + other, other + good.with({})}) {
            const auto done = clean_packets(material, a);
            BOOST_TEST_REQUIRE(done.certificates.size() == 1);
            BOOST_TEST((done.certificates[0].bytes == good.with({})));
            BOOST_TEST(count(done, removal::key_version) == 1);
        }
        BOOST_TEST(clean_packets(other, a).reason ==
                   "it is a key of another version than 4, the only one that can be used");
    }
}

BOOST_AUTO_TEST_CASE(subkeys_of_other_versions_or_algorithms_are_dropped_with_their_signatures) {
    const made_certificate good;
    const auto binding = packet(2, rsa_signature(0x18, good.issuer));
    auto unknown = rsa_key(4, 2);
    for (const int algorithm : {0, 4, 5, 15, 20, 21, 23, 25, 27, 29, 100, 255}) {
        unknown[5] = static_cast<char>(algorithm);
        const auto done = clean_packets(good.with(packet(14, unknown) + binding), a);
        BOOST_TEST_REQUIRE(done.certificates.size() == 1);
        BOOST_TEST((done.certificates[0].bytes == good.with({})));
        BOOST_TEST(count(done, removal::unusable_subkey) == 1);
    }
    for (const int version : {3, 5, 6}) {
        const auto subkey = packet(14, rsa_key(version, 2));
        BOOST_TEST((clean_packets(good.with(subkey + binding), a).certificates.at(0).bytes ==
                    good.with({})));
    }
}

namespace {
struct broken_key {
    const char* what;
    std::string body;
};
std::ostream& operator<<(std::ostream& out, const broken_key& one) { return out << one.what; }

const std::string curve = "\x03"
                          "abc";
const std::string kdf = "\x03\x01\x08\x07";
const std::string v4_head = std::string("\x04\0\0\0\x01", 5);
const broken_key broken_keys[] = {
    {"a tail", rsa_key() + "x"},
    {"cut", rsa_key().substr(0, 100)},
    {"a number over the limit", rsa_key(4, 1, max_mpi_bits + 1)},
    {"a public exponent that keeps gpg busy",
     be(4, 1) + be(1, 4) + '\x01' + mpi(2048) + mpi(max_exponent_bits + 1)},
    {"a missing number", v4_head + '\x11' + mpi(1024) + mpi(160) + mpi(1024)},
    {"a curve without octets", v4_head + '\x16' + std::string(1, '\0') + mpi(256)},
    {"a curve of reserved length", v4_head + '\x16' + '\xff' + std::string(255, 'o') + mpi(256)},
    {"ECDH without KDF", v4_head + '\x12' + curve + mpi(256)},
    {"ECDH with half a KDF", v4_head + '\x12' + curve + mpi(256) + kdf.substr(0, 2)},
};
} // namespace

BOOST_DATA_TEST_CASE(malformed_primary_keys_are_refused,
                     boost::unit_test::data::make(broken_keys)) {
    const made_certificate good;
    const auto done = clean_packets(packet(6, sample.body) + good.user_id + good.certified, a);
    BOOST_TEST((done.result == verdict::unusable));
    BOOST_TEST(count(done, removal::malformed_key) == 1);
}

BOOST_AUTO_TEST_CASE(a_number_at_the_limit_is_accepted) {
    BOOST_TEST(read_public_key(rsa_key(4, 1, max_mpi_bits)).has_value());
}

BOOST_AUTO_TEST_CASE(compressed_packets_refuse_the_whole_material) {
    const made_certificate good;
    for (const auto& material :
         {packet(8, "\x01zzz") + good.with({}), good.with(packet(8, "\x01z"))}) {
        const auto done = clean_packets(material, a);
        BOOST_TEST((done.result == verdict::unusable));
        BOOST_TEST(done.certificates.empty());
        BOOST_TEST(done.reason == "a part of it is compressed, which is not allowed in a key");
    }
}

BOOST_AUTO_TEST_CASE(secret_keys_are_refused_with_what_to_do) {
    const made_certificate good;
    for (const int tag : {5, 7}) {
        const auto done = clean_packets(good.with(packet(tag, rsa_key() + "secret")), a);
        BOOST_TEST((done.result == verdict::unusable));
        BOOST_TEST(done.reason == "it holds a secret key; publish the public key instead");
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_that_adopts_anothers_primary_key_is_refused) {
    const auto adopter = armored("adopter.asc");
    const auto alice = armored("alice.asc");
    for (const auto& material : {adopter + alice, alice + adopter}) {
        const auto done = clean_packets(material, address("adopter@example.org"));
        BOOST_TEST((done.result == verdict::unusable));
        BOOST_TEST(done.reason == "it claims another certificate's primary key as a subkey");
        const auto hers = clean_packets(material, address("alice@example.org"));
        BOOST_TEST_REQUIRE(hers.certificates.size() == 1);
        BOOST_TEST((hers.certificates[0].bytes == alice));
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_that_adopts_its_own_primary_key_is_refused) {
    const auto done = clean_packets(read("self-adopter.asc"), address("self@example.org"));
    BOOST_TEST((done.result == verdict::unusable));
    BOOST_TEST(count(done, removal::adopted_key) == 1);
}

BOOST_AUTO_TEST_CASE(the_same_certificate_twice_is_one_and_keeps_its_revocation) {
    const auto plain = armored("alice.asc");
    const auto revocation = armored("alice-revocation.asc");
    const auto once = clean_packets(plain + revocation, address("alice@example.org"));
    BOOST_TEST_REQUIRE(once.certificates.size() == 1);
    const auto& revoked = once.certificates[0].bytes;
    BOOST_TEST(revoked.size() == plain.size() + revocation.size());
    const std::vector<int> expected{6, 2, 13, 2, 14, 2};
    BOOST_TEST(tags(revoked) == expected, boost::test_tools::per_element());

    for (const auto& material : {revoked + plain, plain + revoked}) {
        const auto merged = clean_packets(material, address("alice@example.org"));
        BOOST_TEST_REQUIRE(merged.certificates.size() == 1);
        BOOST_TEST((merged.certificates[0].bytes == revoked));
    }
}

BOOST_AUTO_TEST_CASE(a_revocation_in_an_armored_block_of_its_own_counts) {
    const auto done = clean_packets(read("alice.asc") + read("alice-revocation.asc"),
                                    address("alice@example.org"));
    BOOST_TEST_REQUIRE(done.certificates.size() == 1);
    BOOST_TEST(tags(done.certificates[0].bytes).at(1) == 2);
}

BOOST_AUTO_TEST_CASE(a_version_3_revocation_by_the_primary_key_is_kept) {
    const made_certificate good;
    const auto old =
        '\x03' + std::string("\x05\x20\0\0\0\x01", 6) + good.issuer + "\x01\x02" + "ab" + mpi(1024);
    BOOST_TEST((clean_packets(good.with(packet(2, old)), a).certificates.at(0).bytes ==
                packet(6, good.key) + packet(2, old) + good.user_id + good.certified));
}

BOOST_AUTO_TEST_CASE(what_was_cleaned_is_clean) {
    for (const char* const file : {"alice-signed-by-others.asc", "three.pgp"}) {
        const auto once = clean_packets(read(file), address("alice@example.org"));
        BOOST_TEST_REQUIRE(once.certificates.size() == 1);
        const auto twice = clean_packets(once.certificates[0].bytes, address("alice@example.org"));
        BOOST_TEST(twice.left_out.empty());
        BOOST_TEST((twice.certificates.at(0).bytes == once.certificates[0].bytes));
    }
}

BOOST_AUTO_TEST_CASE(no_prefix_and_no_flipped_octet_upsets_the_cleaner) {
    const auto original = armored("many.asc");
    const auto who = address("many@example.org");
    for (std::size_t at = 0; at < original.size(); ++at) {
        auto changed = original;
        changed[at] = static_cast<char>(changed[at] ^ 0xff);
        for (const auto& material : {original.substr(0, at), changed}) {
            for (const auto& one : clean_packets(material, who).certificates) {
                BOOST_TEST_REQUIRE(one.bytes.size() <= original.size());
                BOOST_TEST_REQUIRE(message::split_packets(one.bytes).has_value());
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
