// SPDX-License-Identifier: Apache-2.0
#include "keys/inspection.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <ostream>

using namespace postseal;
using namespace postseal::keys;
using namespace std::chrono_literals;

namespace {

const std::chrono::sys_seconds now{std::chrono::sys_days{2024y / 6 / 15}};
const smtp::mailbox bob{"Bob", "M\xc3\xbcnchen.de"};

inspection good() {
    inspection seen;
    seen.fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567";
    seen.addresses = {"other@example.org", "bob@xn--mnchen-3ya.de"};
    seen.encryption_keys = {0x1122334455667788, 0x99aabbccddeeff00};
    seen.created = now - 24h;
    seen.expires = now + 1s;
    seen.algorithm = "rsa3072";
    return seen;
}

struct flaw {
    const char* reason;
    std::function<void(inspection&)> change;
};
std::ostream& operator<<(std::ostream& out, const flaw& one) { return out << one.reason; }

const flaw flaws[] = {
    {"GnuPG found no certificate in it", [](inspection& seen) { seen.fingerprint.clear(); }},
    {"revoked", [](inspection& seen) { seen.unusable_because = "revoked"; }},
    {"expired on 2024-06-15", [](inspection& seen) { seen.expires = now; }},
    {"expired on 2023-01-02",
     [](inspection& seen) { seen.expires = std::chrono::sys_days{2023y / 1 / 2} + 23h + 59min; }},
    {"no valid user ID names the address", [](inspection& seen) { seen.addresses.clear(); }},
    {"no valid user ID names the address",
     [](inspection& seen) {
         seen.addresses = {"bob@xn--mnchen-3ya.de.evil.example", "xbob@xn--mnchen-3ya.de",
                           "bob@xn--mnchen-3ya.de <x@evil.example>",
                           "b@x>, <bob@m\xc3\xbcnchen.de"};
     }},
    {"it has no key to encrypt to", [](inspection& seen) { seen.encryption_keys.clear(); }},
};

} // namespace

BOOST_AUTO_TEST_SUITE(judgement_of_inspections)

BOOST_AUTO_TEST_CASE(a_good_certificate_is_usable_with_all_that_is_known_of_it) {
    const auto seen = good();
    const auto judged = judge(seen, "cleaned", bob, now);
    BOOST_TEST_REQUIRE(judged.usable.has_value());
    BOOST_TEST(judged.reason.empty());
    BOOST_TEST(judged.usable->fingerprint == seen.fingerprint);
    BOOST_TEST(*judged.usable->bytes == "cleaned");
    BOOST_TEST(judged.usable->encryption_keys == seen.encryption_keys);
    BOOST_TEST((judged.usable->created == seen.created));
    BOOST_TEST((judged.usable->expires == seen.expires));
    BOOST_TEST(judged.usable->algorithm == "rsa3072");
}

BOOST_DATA_TEST_CASE(a_flawed_certificate_is_refused_with_the_reason,
                     boost::unit_test::data::make(flaws)) {
    auto seen = good();
    sample.change(seen);
    const auto judged = judge(seen, "cleaned", bob, now);
    BOOST_TEST(!judged.usable.has_value());
    BOOST_TEST(judged.reason == sample.reason);
}

BOOST_AUTO_TEST_CASE(a_certificate_without_an_end_does_not_expire) {
    auto seen = good();
    seen.expires.reset();
    BOOST_TEST(judge(seen, "cleaned", bob, now + 1'000'000h).usable.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
