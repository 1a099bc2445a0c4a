// SPDX-License-Identifier: Apache-2.0
// What is imported from another store: the newer word counts, and no revocation is lost.
#include "keys/record_merge.hpp"

#include "keys/packets.hpp"
#include "tests/unit/keys/packet_samples.hpp"
#include "tests/unit/keys/stored_samples.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;

namespace {

record after(record ours, const record& theirs, const smtp::mailbox& of = bob) {
    apply(ours, merge(ours, theirs, of));
    return ours;
}

record everything() {
    record known;
    known.remembered = found_entry();
    known.rejected = {rejected_one(1, true), rejected_one(2, false)};
    known.sealed = sealing{now, fingerprint, now + 100h, origin::third_party};
    known.doubts = {now + 1h, now + 2h};
    known.given = {given_certificate{fingerprint, "octets", true, "a note", now},
                   given_certificate{other_fingerprint, "others", false, "", now}};
    known.directory = known_directory{wkd_host::advanced, now};
    return known;
}

record remembering(memory what) {
    record known;
    known.remembered = std::move(what);
    return known;
}

record giving(given_certificate one) {
    record known;
    known.given = {std::move(one)};
    return known;
}

std::string cleaned(const std::string& material, const smtp::mailbox& of) {
    return clean_packets(material, of).certificates.at(0).bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(record_merging)

BOOST_AUTO_TEST_CASE(who_knows_nothing_gets_everything_and_once_is_enough) {
    const auto got = after({}, everything());
    check_same(*got.remembered, *everything().remembered);
    BOOST_TEST((got.rejected == everything().rejected));
    BOOST_TEST((got.sealed == everything().sealed));
    BOOST_TEST((got.doubts == everything().doubts));
    BOOST_TEST((got.given == everything().given));
    BOOST_TEST((got.directory == everything().directory));
    BOOST_TEST(merge(got, everything(), bob).empty());
    BOOST_TEST(merge(everything(), {}, bob).empty());
}

BOOST_AUTO_TEST_CASE(the_newer_word_counts_with_its_doubts) {
    auto older = remembering(other_entry(outcome::absent));
    older.remembered->asked = now - 1h;
    older.doubts = {now - 5h, {}};
    const auto newer = remembering(found_entry());
    BOOST_TEST((after(older, newer).remembered->what.result == outcome::found));
    BOOST_TEST(after(older, newer).doubts.empty());
    BOOST_TEST((after(newer, older).remembered->what.result == outcome::found));
    BOOST_TEST(after(newer, older).doubts.empty());
    record sealed_long_ago;
    sealed_long_ago.sealed = sealing{now - 99h, "", {}, origin::domain};
    auto sealed_now = sealed_long_ago;
    sealed_now.sealed->last = now;
    BOOST_TEST((after(sealed_long_ago, sealed_now).sealed->last == now));
    BOOST_TEST((after(sealed_now, sealed_long_ago).sealed->last == now));
}

BOOST_AUTO_TEST_CASE(that_the_other_store_knows_no_key_ends_none) {
    record sealed;
    sealed.sealed = sealing{now, fingerprint, {}, origin::domain};
    for (const auto what : {outcome::absent, outcome::unusable}) {
        auto theirs = remembering(other_entry(what)); // newer
        theirs.doubts = {now, {}};
        const auto got = after(remembering(found_entry()), theirs);
        check_same(*got.remembered, found_entry());
        BOOST_TEST(got.doubts.empty());
        BOOST_TEST(!after(sealed, theirs).remembered.has_value());
    }
}

BOOST_AUTO_TEST_CASE(by_which_key_another_one_is_measured_goes_along) {
    record ended, sealed;
    ended.ended_sealing = sealing{now, fingerprint, {}, origin::domain};
    sealed.sealed = sealing{now - 1h, other_fingerprint, {}, origin::domain};
    BOOST_TEST((after({}, ended).ended_sealing == ended.ended_sealing));
    BOOST_TEST(merge(ended, ended, bob).empty());
    BOOST_TEST(!after(sealed, ended).ended_sealing.has_value()); // it goes on, as far as we know
    auto later = ended;
    later.ended_sealing->last = now + 1h;
    BOOST_TEST((after(ended, later).ended_sealing == later.ended_sealing));
    BOOST_TEST((after(later, ended).ended_sealing == later.ended_sealing));
}

BOOST_AUTO_TEST_CASE(to_which_key_mail_was_sealed_here_no_other_store_says) {
    const sealing here{now - 5h, fingerprint, now + 100h, origin::domain};
    const sealing there{now, other_fingerprint, now - 100h, origin::third_party};
    auto longer = here;
    longer.last = now;
    for (const auto which : {&record::sealed, &record::ended_sealing}) {
        record ours, theirs;
        ours.*which = here;
        theirs.*which = there;
        BOOST_TEST((after(ours, theirs).*which == longer));
        BOOST_TEST(merge(after(ours, theirs), theirs, bob).empty());
    }
    record ended, sealed;
    ended.ended_sealing = here;
    sealed.sealed = there;
    BOOST_TEST((after(ended, sealed).sealed == longer));
    sealed.sealed->last = now - 9h; // as far as they know
    longer.last = now - 9h;
    BOOST_TEST((after(ended, sealed).sealed == longer));
}

BOOST_AUTO_TEST_CASE(the_key_that_is_not_known_here_another_store_may_know) {
    record ours, theirs;
    ours.sealed = sealing{now - 5h, "", {}, origin::domain};
    theirs.sealed = sealing{now, fingerprint, now + 100h, origin::third_party};
    auto expected = *theirs.sealed;
    expected.from = origin::domain; // the stricter of both
    BOOST_TEST((after(ours, theirs).sealed == expected));
}

BOOST_AUTO_TEST_CASE(a_pin_stays_one_whatever_was_imported_elsewhere) {
    const given_certificate pinned{fingerprint, "one", true, "ours", now};
    auto imported = pinned;
    imported.pinned = false;
    imported.since = now + 1h;
    BOOST_TEST(after(giving(pinned), giving(imported)).given.at(0).pinned);
    BOOST_TEST(after(giving(imported), giving(pinned)).given.at(0).pinned);
}

BOOST_AUTO_TEST_CASE(a_remembered_key_that_the_other_store_knows_as_revoked_is_not_used_on) {
    record theirs;
    theirs.rejected = {rejected_one(1, true)};
    theirs.rejected[0].fingerprint = fingerprint;
    const auto got = after(remembering(found_entry()), theirs);
    BOOST_TEST((got.remembered->what.result == outcome::unusable));
    BOOST_TEST(!got.remembered->what.found.has_value());
    BOOST_TEST((got.remembered->fresh_until <= now));
    BOOST_TEST(got.rejected.size() == 1u);
    BOOST_TEST(merge(got, theirs, bob).empty());
    auto other_way = after(theirs, remembering(found_entry()));
    BOOST_TEST((other_way.remembered->what.result == outcome::unusable));
}

BOOST_AUTO_TEST_CASE(a_revoked_certificate_stays_revoked_whoever_is_newer) {
    record revoked, usable;
    revoked.rejected = {rejected_one(1, true)};
    usable.rejected = {rejected_one(1, false)};
    usable.rejected[0].seen = now + 99h;
    BOOST_TEST(after(revoked, usable).rejected.at(0).revoked);
    BOOST_TEST(after(usable, revoked).rejected.at(0).revoked);
}

BOOST_AUTO_TEST_CASE(the_later_pin_counts) {
    const given_certificate first{fingerprint, "one", true, "first", now - 1h};
    const given_certificate second{other_fingerprint, "two", true, "second", now};
    for (const auto& got :
         {after(giving(first), giving(second)), after(giving(second), giving(first))}) {
        BOOST_TEST(got.given.size() == 1u);
        BOOST_TEST(got.given.at(0).note == "second");
    }
    auto unpinned = second;
    unpinned.pinned = false;
    BOOST_TEST(after(giving(first), giving(unpinned)).given.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_given_key_keeps_the_revocation_that_either_of_both_has) {
    const smtp::mailbox alice{"alice", "example.org"};
    const auto good = cleaned(read("alice.asc"), alice);
    const auto revoked = cleaned(read("alice.asc") + read("alice-revocation.asc"), alice);
    BOOST_TEST_REQUIRE(good != revoked);
    const given_certificate with{alice_fingerprint, revoked, false, "", now};
    auto without = with;
    without.bytes = good;
    without.since = now + 1h; // the newer one, and yet
    BOOST_TEST(after(giving(with), giving(without), alice).given.at(0).bytes == revoked);
    BOOST_TEST(after(giving(without), giving(with), alice).given.at(0).bytes == revoked);
    record knows;
    knows.rejected = {rejected_certificate{alice_fingerprint, revoked, true, now}};
    BOOST_TEST(after(giving(without), knows, alice).given.at(0).bytes == revoked);
    BOOST_TEST(after(knows, giving(without), alice).given.at(0).bytes == revoked);
    auto theirs = knows; // they have heard of it since they were given the key
    theirs.given = {without};
    BOOST_TEST(after({}, theirs, alice).given.at(0).bytes == revoked);
    const auto got = after(knows, giving(without), alice);
    BOOST_TEST(merge(got, knows, alice).empty());
    BOOST_TEST(merge(got, giving(without), alice).empty());
}

BOOST_AUTO_TEST_SUITE_END()
