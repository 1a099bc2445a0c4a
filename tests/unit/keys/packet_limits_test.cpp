// SPDX-License-Identifier: Apache-2.0
// Which signatures are kept, and where the cleaner's limits are: with packets written by hand.
#include "keys/packets.hpp"

#include "keys/packet_body.hpp"
#include "tests/unit/keys/packet_samples.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using verdict = cleaning::verdict;

namespace {

const auto a = address("a@example.org");

} // namespace

BOOST_AUTO_TEST_SUITE(packet_limits)

namespace {
struct claim {
    const char* what;
    std::string hashed; ///< besides the right issuer, which stands in the unhashed area
    std::size_t kept;
};
std::ostream& operator<<(std::ostream& out, const claim& one) { return out << one.what; }

const auto own = read_public_key(rsa_key()) -> fingerprint;
const claim claims[] = {
    {"nothing else", {}, 2},
    {"its own fingerprint", "\x16\x21\x04" + own, 2},
    {"another fingerprint", "\x16\x21\x04" + std::string(20, 'f'), 1},
    {"another key ID", "\x09\x10" + std::string(8, 'k'), 1},
    {"a fingerprint of another length", "\x22\x21\x06" + std::string(32, 'f'), 1},
    {"an empty fingerprint", "\x01\x21", 1},
    {"a subpacket that runs over", std::string("\x30\x02") + "time", 1},
    {"a subpacket without a type", std::string(1, '\0'), 1},
    {"a critical notation", std::string("\x05\x94") + "note", 2},
};
} // namespace

BOOST_DATA_TEST_CASE(a_signature_is_kept_only_if_every_issuer_in_it_is_the_primary_key,
                     boost::unit_test::data::make(claims)) {
    const made_certificate good;
    const auto second =
        packet(2, rsa_signature(0x13, good.issuer, sample.hashed + '\x02' + "\x19\x01"));
    const auto done = clean_packets(good.with(second), a);
    BOOST_TEST_REQUIRE(done.certificates.size() == 1);
    BOOST_TEST(tags(done.certificates[0].bytes).size() == 2 + sample.kept);
}

BOOST_AUTO_TEST_CASE(a_signature_without_an_issuer_is_dropped) {
    const made_certificate good;
    const auto nameless = '\x04' + std::string("\x13\x01\x08\0\0\0\0", 7) + "ab" + mpi(2048);
    const auto done = clean_packets(good.with(packet(2, nameless)), a);
    BOOST_TEST(count(done, removal::foreign_signature) == 1);
}

BOOST_AUTO_TEST_CASE(signatures_that_say_nothing_about_what_stands_before_them_are_dropped) {
    const made_certificate good;
    for (const int type : {0x00, 0x01, 0x18, 0x19, 0x28, 0x40, 0x50}) {
        const auto done = clean_packets(good.with(packet(2, rsa_signature(type, good.issuer))), a);
        BOOST_TEST(count(done, removal::misplaced_signature) == 1);
        BOOST_TEST((done.certificates.at(0).bytes == good.with({})));
    }
}

BOOST_AUTO_TEST_CASE(duplicate_subkeys_and_signatures_are_written_once) {
    const made_certificate good;
    std::string copies;
    for (int i = 0; i < 2000; ++i)
        copies += good.bound_subkey(7);
    const auto done = clean_packets(good.with(copies), a);
    BOOST_TEST_REQUIRE(done.certificates.size() == 1);
    BOOST_TEST((done.certificates[0].bytes == good.with(good.bound_subkey(7))));
}

namespace {

/// `count` different parts of one kind behind a good certificate.
std::string parts(const made_certificate& good, removal kind, std::size_t count) {
    std::string material;
    for (std::size_t i = 0; i < count; ++i) {
        const auto number = std::to_string(i);
        if (kind == removal::other_user_id)
            material += packet(13, "No. " + number + " <a@example.org>");
        else if (kind == removal::unusable_subkey)
            material += packet(14, rsa_key(4, i + 2));
        else
            material += packet(2, rsa_signature(0x1f, good.issuer, "\x05\x02" + be(i, 4)));
    }
    return material;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_certificate_with_more_parts_than_the_limits_is_refused_whole) {
    const made_certificate good;
    const struct {
        removal kind;
        std::size_t limit; ///< what may be added to `good`
    } limits[] = {{removal::other_user_id, max_user_ids - 1},
                  {removal::unusable_subkey, max_subkeys},
                  {removal::foreign_signature, max_signatures - 1}};
    for (const auto& [kind, limit] : limits) {
        const auto full = clean_packets(good.with(parts(good, kind, limit)), a);
        BOOST_TEST_REQUIRE(full.certificates.size() == 1);
        BOOST_TEST(full.certificates[0].bytes.size() == good.with(parts(good, kind, limit)).size());
        const auto over = clean_packets(good.with(parts(good, kind, limit + 1)), a);
        BOOST_TEST((over.result == verdict::unusable));
        BOOST_TEST(over.reason == "it has too many user IDs, subkeys or signatures");
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_over_256_KiB_is_refused) {
    const made_certificate good;
    std::string large; // of different signatures, since the same one would be written once
    for (std::size_t i = 0; i < max_certificate_size / 4096; ++i)
        large += packet(
            2, rsa_signature(0x1f, good.issuer,
                             "\xff" + be(4005, 4) + '\x14' + be(i, 4) + std::string(4000, 'n')));
    const auto done = clean_packets(good.with(large), a);
    BOOST_TEST((done.result == verdict::unusable));
    BOOST_TEST(count(done, removal::too_large) == 1);
}

namespace {

/// Certificates of keys of their own, each of which names `whom`.
std::string certificates(std::size_t count, const std::string& whom) {
    std::string material;
    for (std::size_t i = 0; i < count; ++i) {
        made_certificate one;
        one.key = rsa_key(4, i + 2);
        material += packet(6, one.key) + packet(13, whom) + one.certified;
    }
    return material;
}

} // namespace

BOOST_AUTO_TEST_CASE(no_more_than_eight_certificates_that_name_the_address_are_looked_at) {
    const auto done = clean_packets(certificates(10, "a@example.org"), a);
    BOOST_TEST(done.certificates.size() == max_certificates);
    BOOST_TEST(count(done, removal::too_many_certificates) == 2);
}

BOOST_AUTO_TEST_CASE(others_certificates_count_against_no_limit_but_that_of_keys) {
    const made_certificate good;
    const auto others = certificates(max_primary_keys - 1, "b@example.org");
    const auto done = clean_packets(others + good.with({}), a);
    BOOST_TEST_REQUIRE(done.certificates.size() == 1);
    BOOST_TEST((done.certificates[0].bytes == good.with({})));

    const auto more = certificates(max_primary_keys, "b@example.org");
    BOOST_TEST((clean_packets(more + good.with({}), a).result == verdict::unusable));
    // A key that nobody looks at can still not be adopted.
    const auto adopter = good.with(packet(14, rsa_key(4, max_primary_keys + 1)));
    BOOST_TEST(count(clean_packets(adopter + more, a), removal::adopted_key) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
