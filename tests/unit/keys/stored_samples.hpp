// SPDX-License-Identifier: Apache-2.0
// What the tests of stores put into them.
#pragma once

#include "keys/record.hpp"
#include "smtp/mailbox.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

namespace postseal::keys::samples {

using namespace std::chrono_literals;

inline const std::chrono::sys_seconds now{std::chrono::sys_days{2024y / 6 / 15}};
inline const smtp::mailbox bob{"bob", "example.org"};
inline const std::string fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567";
inline const std::string other_fingerprint = "76543210FEDCBA9876543210FEDCBA9876543210";

inline memory found_entry() {
    certificate key;
    key.fingerprint = fingerprint;
    key.bytes = std::make_shared<const std::string>("\x99\0binary\xff", 9);
    key.encryption_keys = {0xffeeddccbbaa9988, 1};
    key.created = now - 1000h;
    key.expires = now + 1000h;
    key.algorithm = "cv25519";
    memory entry;
    entry.what.result = outcome::found;
    entry.what.found = std::move(key);
    entry.what.source = "wkd";
    entry.what.from = origin::domain;
    entry.what.reason = "at https://example.org/";
    entry.asked = now;
    entry.fresh_until = now + 24h;
    return entry;
}

inline memory other_entry(outcome what) {
    memory entry;
    entry.what.result = what;
    entry.what.source = "hkp";
    entry.what.from = origin::third_party;
    entry.what.reason = "it's a reason";
    entry.asked = now + 48h;
    entry.fresh_until = now + 49h;
    return entry;
}

inline void check_same(const memory& a, const memory& b) {
    BOOST_TEST((a.what.result == b.what.result));
    BOOST_TEST(a.what.source == b.what.source);
    BOOST_TEST((a.what.from == b.what.from));
    BOOST_TEST(a.what.reason == b.what.reason);
    BOOST_TEST((a.asked == b.asked && a.fresh_until == b.fresh_until));
    BOOST_TEST_REQUIRE(a.what.found.has_value() == b.what.found.has_value());
    if (!a.what.found) return;
    BOOST_TEST(a.what.found->fingerprint == b.what.found->fingerprint);
    BOOST_TEST(*a.what.found->bytes == *b.what.found->bytes);
    BOOST_TEST(a.what.found->encryption_keys == b.what.found->encryption_keys);
    BOOST_TEST((a.what.found->created == b.what.found->created));
    BOOST_TEST((a.what.found->expires == b.what.found->expires));
    BOOST_TEST(a.what.found->algorithm == b.what.found->algorithm);
}

inline rejected_certificate rejected_one(int number, bool revoked) {
    rejected_certificate made;
    made.fingerprint = std::string(36, 'A') + std::to_string(1000 + number);
    made.bytes = "certificate " + std::to_string(number);
    made.revoked = revoked;
    made.seen = now + std::chrono::hours(number);
    return made;
}

} // namespace postseal::keys::samples
