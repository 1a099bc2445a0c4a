// SPDX-License-Identifier: Apache-2.0
// What a certificate once said of itself, a revocation before all, no server can take back.
#include "tests/unit/keys/finder_on_file.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

namespace {

struct world : finder_on_file {
    finding find_when_served(const std::string& material) {
        now += 25h; // nothing that is remembered is fresh
        serve(material);
        return find();
    }
};

std::string junk(std::size_t created, std::size_t signatures, std::size_t first = 0) {
    const auto made = key_made_at(created);
    std::string packets;
    for (std::size_t i = 0; i < signatures; ++i)
        packets += packet(2, rsa_signature(0x1f, made.issuer, be(first + i, 4)));
    return packets;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(revocation_is_monotonic, world)

BOOST_AUTO_TEST_CASE(a_revocation_that_was_shown_once_counts_for_ever) {
    BOOST_TEST(find_when_served(revoked_key(100)).result == outcome::unusable);
    for (int i = 0; i < 3; ++i) {
        const auto said = find_when_served(key(100));
        BOOST_TEST(said.result == outcome::unusable);
        BOOST_TEST(said.reason == "wkd has it: revoked");
        now += 24h * 365;
        restart();
    }
}

BOOST_AUTO_TEST_CASE(neither_a_key_found_nor_a_no_in_between_ends_it) {
    BOOST_TEST(find_when_served(key(100)).result == outcome::found);
    BOOST_TEST(find_when_served(revoked_key(100)).result == outcome::unusable);
    const auto newer = find_when_served(key(100) + key(200));
    BOOST_TEST_REQUIRE(newer.found.has_value());
    BOOST_TEST(newer.found->encryption_keys.front() == 200u);
    now += 25h;
    wkd->say(outcome::absent);
    wkd->says.authoritative = true;
    find();
    restart();
    BOOST_TEST(find_when_served(key(100)).result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(it_counts_whoever_serves_the_key) {
    BOOST_TEST(find_when_served(revoked_key(100)).result == outcome::unusable);
    restart();
    now += 25h;
    keyserver->serve(key(100));
    const auto said = find(); // the domain, which has served keys, says nothing today
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.reason.starts_with("keyserver has it: revoked; "), said.reason);
}

BOOST_AUTO_TEST_CASE(it_counts_for_this_address_alone) {
    // Anybody may publish another's primary key under an address of their own.
    BOOST_TEST(find_when_served(revoked_key(100)).result == outcome::unusable);
    BOOST_TEST_REQUIRE(!known().rejected.empty());
    BOOST_TEST(known("b@example.org").rejected.empty());
}

BOOST_AUTO_TEST_CASE(
    a_key_that_the_administrator_knows_to_be_revoked_is_not_asked_for_with_every_mail) {
    BOOST_TEST(find_when_served(key(100)).result == outcome::found);
    directory->serve(revoked_key(100));
    deny();
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(find().result == outcome::unusable);
    BOOST_TEST(wkd->asked == 2);
    serve(key(100) + key(200));
    now += 7h;
    BOOST_TEST(find().result == outcome::unusable); // whatever else the domain serves
    BOOST_TEST(wkd->asked == 3);
}

BOOST_AUTO_TEST_CASE(a_revoked_key_is_remembered_however_much_is_hung_on_it) {
    BOOST_TEST(find_when_served(revoked_key(100) + junk(100, 500)).result == outcome::unusable);
    restart();
    BOOST_TEST(find_when_served(key(100)).result == outcome::unusable);
    BOOST_TEST(find_when_served(key(100) + junk(100, 600)).result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(junk_that_was_served_once_does_not_spoil_a_key_for_ever) {
    // Nothing certifies its user ID, and half of what may hang on a key hangs on it.
    const auto bare = packet(6, rsa_key(4, 100)) + packet(13, who);
    BOOST_TEST(find_when_served(bare + junk(100, 300)).result == outcome::unusable);
    restart();
    BOOST_TEST(find_when_served(key(100) + junk(100, 250, 1000)).result == outcome::found);
}

BOOST_AUTO_TEST_SUITE_END()
