// SPDX-License-Identifier: Apache-2.0
#include "keys/served_revocations.hpp"

#include "tests/unit/keys/packet_samples.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;

namespace {

const made_certificate made;
const auto subkey = packet(14, rsa_key(4, 2));
const auto used = made.with(made.bound_subkey(2));

std::string by_owner(int type, std::size_t when = 1) {
    return packet(2, rsa_signature(type, made.issuer, "\x05\x02" + be(when, 4)));
}

std::string beside(const std::string& served, const std::string& of = used) {
    const auto found = revocations_beside(of, served);
    return found ? *found : "it cannot be read";
}

} // namespace

BOOST_AUTO_TEST_SUITE(served_revocations)

BOOST_AUTO_TEST_CASE(revocations_of_the_key_and_of_its_own_parts_are_taken) {
    const auto key = packet(6, made.key);
    BOOST_TEST(beside(key + by_owner(0x20)) == by_owner(0x20));
    BOOST_TEST(beside(key + subkey + by_owner(0x28)) == subkey + by_owner(0x28));
    BOOST_TEST(beside(key + made.user_id + by_owner(0x30)) == made.user_id + by_owner(0x30));
    BOOST_TEST(beside(used + by_owner(0x20)) == by_owner(0x20)); // wherever it stands
    BOOST_TEST(beside(key + subkey + by_owner(0x28) + by_owner(0x20) + by_owner(0x28, 2)) ==
               subkey + by_owner(0x28) + by_owner(0x20) + by_owner(0x28, 2));
}

BOOST_AUTO_TEST_CASE(nothing_else_is) {
    const auto key = packet(6, made.key);
    const auto foreign = packet(2, rsa_signature(0x20, "stranger"));
    for (const auto& served :
         {used, used + foreign, used + made.bound_subkey(3), used + by_owner(0x1f),
          key + packet(14, rsa_key(4, 3)) + by_owner(0x28), // of a subkey that it has not
          key + packet(13, "b@example.org") + by_owner(0x30),
          key + subkey + packet(6, rsa_key(4, 9)) + by_owner(0x28), key + by_owner(0x28),
          key + by_owner(0x30), std::string("<html>"), std::string()})
        BOOST_TEST(beside(served).empty());
}

BOOST_AUTO_TEST_CASE(what_is_there_already_is_not_taken_again) {
    const auto revoked = used + by_owner(0x28);
    BOOST_TEST(beside(revoked, revoked).empty());
    BOOST_TEST(beside(revoked + by_owner(0x28, 2), revoked) == subkey + by_owner(0x28, 2));
    BOOST_TEST(beside(used + by_owner(0x20) + by_owner(0x20)) == by_owner(0x20));
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_cannot_be_read) {
    BOOST_TEST(!revocations_beside(used, (used + by_owner(0x20)).substr(0, used.size() + 20)));
}

BOOST_AUTO_TEST_SUITE_END()
