// SPDX-License-Identifier: Apache-2.0
// What real sealers say about certificates, and that a gpg that fails is never "no certificate".
#include "pool_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace postseal::seal::test {

namespace {

using strings = std::vector<std::string>;

std::chrono::sys_seconds midnight(int year, unsigned month, unsigned day) {
    using namespace std::chrono;
    return sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(inspecting, pool_fixture)

BOOST_AUTO_TEST_CASE(a_usable_certificate_is_described) {
    start();
    const auto seen = inspect("alice");
    BOOST_REQUIRE(seen);
    BOOST_TEST(seen->fingerprint == "CE0AB862F629B36C25EF39E1C8F922C571429E7A");
    BOOST_TEST(seen->addresses == strings{"alice@example.org"});
    BOOST_TEST(seen->encryption_keys == std::vector<std::uint64_t>{0x2A6D97EADB265B7A});
    BOOST_TEST((seen->created == midnight(2024, 1, 1)));
    BOOST_TEST(!seen->expires);
    BOOST_TEST(seen->unusable_because == "");
    BOOST_TEST(seen->algorithm == "cv25519");
}

BOOST_AUTO_TEST_CASE(the_key_that_is_encrypted_to_has_a_name) {
    const std::pair<const char*, const char*> cases[] = {
        {"bob", "rsa2048"}, {"paula", "nistp521"}, {"revoked", ""}, {"expired", ""}, {"olga", ""}};
    start();
    for (const auto& [name, algorithm] : cases) {
        const auto seen = inspect(name);
        BOOST_REQUIRE(seen);
        BOOST_TEST(seen->algorithm == algorithm, name);
    }
}

BOOST_AUTO_TEST_CASE(each_encryption_key_that_may_be_used_is_named) {
    start();
    const auto seen = inspect("rotated");
    BOOST_REQUIRE(seen);
    BOOST_TEST(seen->encryption_keys == certificate_of("rotated").encryption_keys);
    BOOST_TEST(seen->encryption_keys.size() == 2u);
    BOOST_TEST(!seen->expires); // the older one stays
}

BOOST_AUTO_TEST_CASE(revoked_user_ids_lend_no_address) {
    start();
    const auto seen = inspect("several");
    BOOST_REQUIRE(seen);
    auto addresses = seen->addresses;
    std::sort(addresses.begin(), addresses.end());
    BOOST_TEST(addresses == (strings{"second@example.net", "several@example.org"}));
}

BOOST_AUTO_TEST_CASE(it_expires_with_the_first_of_primary_and_encryption_key) {
    start();
    const auto seen = inspect("limited");
    BOOST_REQUIRE(seen);
    BOOST_REQUIRE(seen->expires);
    BOOST_TEST((std::chrono::floor<std::chrono::days>(*seen->expires) == midnight(2090, 1, 1)));
    BOOST_TEST(seen->unusable_because == "");
}

BOOST_AUTO_TEST_CASE(why_a_certificate_is_unusable_is_said_in_words) {
    const std::pair<const char*, const char*> cases[] = {
        {"expired", "expired on 2024-06-01"},
        {"stale", "its encryption key expired on 2024-06-01"},
        {"revoked", "revoked"},
        {"olga", "it has no encryption key"},
    };
    start();
    for (const auto& [name, reason] : cases) {
        const auto seen = inspect(name);
        BOOST_REQUIRE_MESSAGE(seen, name << ": " << seen.error().message());
        BOOST_TEST(seen->fingerprint == certificate_of(name).fingerprint);
        BOOST_TEST(seen->unusable_because == reason);
        BOOST_TEST(seen->encryption_keys.empty(), name);
    }
}

BOOST_AUTO_TEST_CASE(two_certificates_in_one_are_unusable) {
    start();
    const auto both = certificate_bytes("alice") + certificate_bytes("bob");
    const auto seen = run(sealers->inspect(both));
    BOOST_REQUIRE(seen);
    BOOST_TEST(seen->unusable_because == "more than one certificate");
}

BOOST_AUTO_TEST_CASE(garbage_is_never_usable) {
    start();
    const auto alice = certificate_bytes("alice");
    for (const auto& bytes : {std::string(), noise(500), noise(100'000), alice.substr(0, 100),
                              alice.substr(0, 1), std::string("not a certificate\n")}) {
        const auto seen = run(sealers->inspect(bytes));
        BOOST_REQUIRE_MESSAGE(seen, seen.error().message());
        // Cut behind its primary key, there is still something to name.
        BOOST_TEST((seen->fingerprint.empty() ||
                    seen->unusable_because == "what it says of itself is not signed by it"));
        BOOST_TEST(seen->encryption_keys.empty());
    }
    BOOST_TEST(inspect("alice")->fingerprint == certificate_of("alice").fingerprint);
}

BOOST_AUTO_TEST_CASE(what_is_usable_is_what_gpg_encrypts_to) {
    start();
    for (const char* name : {"alice", "bob", "paula", "rotated", "limited", "several"}) {
        const auto seen = inspect(name);
        BOOST_REQUIRE(seen);
        keys::certificate judged = certificate_of(name);
        judged.encryption_keys = seen->encryption_keys;
        std::vector<keys::certificate> recipients{std::move(judged)};
        BOOST_TEST(run(sealers->encrypt(file_with("x"), std::move(recipients))).has_value(), name);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::seal::test
