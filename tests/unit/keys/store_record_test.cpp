// SPDX-License-Identifier: Apache-2.0
// Records, as every store keeps them: the same as in memory, in the order of their addresses, and
// whole when two relays write at once.
#include "tests/unit/keys/awaited.hpp"
#include "tests/unit/keys/store_places.hpp"
#include "tests/unit/keys/stored_samples.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <thread>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

namespace {

given_certificate given_one(int number, bool pinned) {
    given_certificate made;
    made.fingerprint = std::string(36, 'B') + std::to_string(1000 + number);
    made.bytes = number % 2 ? std::string("\x98\0", 2) : std::string();
    made.pinned = pinned;
    made.note = "told on the telephone";
    made.since = now + std::chrono::hours(number);
    return made;
}

/// Anything that may come, with certificates out of a few, so that they meet again.
record_changes random_changes(std::minstd_rand& chance) {
    const auto roll = [&](unsigned sides) { return static_cast<int>(chance() % sides); };
    record_changes made;
    if (roll(3) == 0) made.remembered = roll(2) ? found_entry() : other_entry(outcome::unusable);
    if (roll(9) == 0) made.remembered = other_entry(outcome::absent);
    if (made.remembered) made.remembered->asked = now + std::chrono::hours(roll(9));
    if (roll(9) == 0) made.clock_is_at = now + std::chrono::hours(roll(9));
    for (int i = roll(4); i > 0; --i)
        made.rejected.push_back(rejected_one(roll(40), roll(2) == 0));
    if (roll(5) == 0) made.sealing_ended = now + std::chrono::hours(roll(9));
    if (roll(9) == 0)
        made.ended_sealing = sealing{now + std::chrono::hours(roll(9)), other_fingerprint, now + 1h,
                                     origin::third_party};
    if (roll(4) == 0)
        made.sealed =
            sealing{now + std::chrono::hours(roll(9)), rejected_one(roll(40), false).fingerprint,
                    std::nullopt, roll(2) ? origin::third_party : origin::administrator};
    if (roll(4) == 0) made.doubts.emplace();
    if (roll(4) == 0) made.doubts = doubts{now, now + std::chrono::hours(roll(9))};
    for (int i = roll(3); i > 0; --i)
        made.given.push_back(given_one(roll(5), roll(2) == 0));
    if (roll(3) == 0) made.taken_back.push_back(given_one(roll(5), false).fingerprint);
    if (roll(4) == 0)
        made.directory = known_directory{wkd_host::direct, now + std::chrono::hours(roll(9))};
    return made;
}

record recalled(store& from, const smtp::mailbox& address = bob) {
    const auto said = awaited(from.recall(address));
    BOOST_TEST_REQUIRE(said.has_value());
    return *said;
}

void remember(store& in, const record_changes& changes, const smtp::mailbox& address = bob) {
    BOOST_TEST_REQUIRE(awaited(in.remember(address, changes)).has_value());
}

/// The order of certificates says nothing.
void check_same_record(record a, record b) {
    BOOST_TEST_REQUIRE(a.remembered.has_value() == b.remembered.has_value());
    if (a.remembered) check_same(*a.remembered, *b.remembered);
    std::ranges::sort(a.rejected, {}, &rejected_certificate::fingerprint);
    std::ranges::sort(b.rejected, {}, &rejected_certificate::fingerprint);
    BOOST_TEST((a.rejected == b.rejected));
    BOOST_TEST((a.sealed == b.sealed));
    BOOST_TEST((a.ended_sealing == b.ended_sealing));
    BOOST_TEST((a.doubts == b.doubts));
    std::ranges::sort(a.given, {}, &given_certificate::fingerprint);
    std::ranges::sort(b.given, {}, &given_certificate::fingerprint);
    BOOST_TEST((a.given == b.given));
    BOOST_TEST((a.directory == b.directory));
}

record_changes sealed_today() {
    record_changes made;
    made.sealed = sealing{now, fingerprint, std::nullopt, origin::domain};
    return made;
}

std::vector<std::string> browsed(store& in, const std::string& domain, const std::string& after,
                                 std::size_t limit) {
    const auto page = awaited(in.browse(domain, after, limit));
    BOOST_TEST_REQUIRE(page.has_value());
    std::vector<std::string> addresses;
    for (const auto& one : *page)
        addresses.push_back(one.address);
    return addresses;
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_record)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_record_is_what_apply_makes_of_the_changes, place, places) {
    const place at;
    const auto opened = at.open();
    std::minstd_rand chance(7);
    record expected;
    for (int i = 0; i < 150; ++i) {
        const auto changes = random_changes(chance);
        apply(expected, changes);
        remember(*opened, changes);
        check_same_record(recalled(*opened), expected);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_cannot_be_is_refused_with_all_that_comes_with_it, place,
                              places) {
    const place at;
    const auto opened = at.open();
    record_changes odd;
    odd.remembered = other_entry(outcome::temporary);
    odd.rejected = {rejected_one(1, true)};
    BOOST_TEST(awaited(opened->remember(bob, odd)).has_error());
    check_same_record(recalled(*opened), record());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(letters_beyond_ascii_stay_as_they_are, place, places) {
    const place at;
    const auto opened = at.open();
    remember(*opened, sealed_today(), {"J\xc3\xbcrgen", "example.org"});
    BOOST_TEST(recalled(*opened, {"j\xc3\xbcrgen", "EXAMPLE.org"}).sealed.has_value());
    BOOST_TEST(!recalled(*opened, {"j\xc3\x9crgen", "example.org"}).sealed.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(addresses_come_in_the_order_of_their_octets_page_by_page, place,
                              places) {
    const place at;
    const auto opened = at.open();
    const std::vector<std::string> all{"a@example.org",   "a_b@example.org",
                                       "ab@other.org",    "b@sub.example.org",
                                       "x@y@example.org", "\xc3\xa9@example.org"};
    for (auto address = all.rbegin(); address != all.rend(); ++address) {
        const auto at_sign = address->rfind('@');
        remember(*opened, sealed_today(),
                 {address->substr(0, at_sign), address->substr(at_sign + 1)});
    }
    BOOST_TEST(browsed(*opened, "", "", 100) == all, boost::test_tools::per_element());
    std::vector<std::string> paged;
    for (std::string after;;) {
        const auto page = browsed(*opened, "", after, 2);
        if (page.empty()) break;
        BOOST_TEST_REQUIRE(page.size() <= 2U);
        paged.insert(paged.end(), page.begin(), page.end());
        after = page.back();
    }
    BOOST_TEST(paged == all, boost::test_tools::per_element());
    const std::vector<std::string> of_domain{"a@example.org", "a_b@example.org", "x@y@example.org",
                                             "\xc3\xa9@example.org"};
    BOOST_TEST(browsed(*opened, "example.org", "", 100) == of_domain,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_page_has_whole_records, place, places) {
    const place at;
    const auto opened = at.open();
    std::minstd_rand chance(3);
    for (const auto* const name : {"anna", "bob", "carl"}) {
        auto changes = random_changes(chance);
        changes.remembered = found_entry();
        remember(*opened, changes, {name, "example.org"});
    }
    const auto page = awaited(opened->browse("", "", 10));
    BOOST_TEST_REQUIRE(page.has_value());
    BOOST_TEST_REQUIRE(page->size() == 3U);
    for (const auto& one : *page) {
        const auto name = one.address.substr(0, one.address.find('@'));
        check_same_record(one.known, recalled(*opened, {name, "example.org"}));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_one_has_seen_revoked_no_other_takes_back, place, places) {
    const place at;
    const auto one = at.open();
    const auto other = at.open();
    constexpr std::size_t certificates = 20;
    std::vector<int> written, also_written; // by number
    const auto write = [](store& in, bool revoked, std::vector<int>& done) {
        for (int i = 0; i < static_cast<int>(certificates); ++i) {
            record_changes changes;
            changes.rejected = {rejected_one(i, revoked)};
            if (awaited(in.remember(bob, changes))) done.push_back(i);
        }
    };
    std::thread beside([&] { write(*one, true, written); });
    write(*other, false, also_written);
    beside.join();
    if (place::writers_wait) {
        BOOST_TEST(written.size() == certificates);
        BOOST_TEST(also_written.size() == certificates);
    }
    const auto all = recalled(*one).rejected;
    for (const int number : written)
        BOOST_TEST(std::ranges::count(all, rejected_one(number, true)) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
