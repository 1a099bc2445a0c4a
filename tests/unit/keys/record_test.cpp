// SPDX-License-Identifier: Apache-2.0
#include "keys/record.hpp"

#include "tests/unit/keys/stored_samples.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace postseal::keys;
using namespace postseal::keys::samples;

namespace {

record rejecting(int first, int count, bool revoked) {
    record made;
    for (int i = first; i < first + count; ++i) {
        record_changes changes;
        changes.rejected = {rejected_one(i, revoked)};
        apply(made, changes);
    }
    return made;
}

void reject(record& in, const rejected_certificate& one) {
    record_changes changes;
    changes.rejected = {one};
    apply(in, changes);
}

bool holds(const record& one, const rejected_certificate& wanted) {
    return std::ranges::find(one.rejected, wanted) != one.rejected.end();
}

record_changes remembering(memory entry, std::chrono::hours later = 0h) {
    entry.asked = now + later;
    record_changes made;
    made.remembered = std::move(entry);
    return made;
}

record_changes sealed_to(const std::string& key, std::chrono::hours later = 0h) {
    record_changes made;
    made.sealed = sealing{now + later, key, {}, origin::domain};
    return made;
}

/// The domain has said again that there is no key.
record_changes confirmed_denial(std::chrono::hours later) {
    auto made = remembering(other_entry(outcome::absent), later);
    made.sealing_ended = now + later;
    made.doubts = doubts();
    return made;
}

template<class... Changes>
record after(const Changes&... changes) {
    record made;
    (apply(made, changes), ...);
    return made;
}

constexpr int limit = static_cast<int>(max_rejected_certificates);

} // namespace

BOOST_AUTO_TEST_SUITE(records)

BOOST_AUTO_TEST_CASE(a_revoked_certificate_is_never_replaced_by_one_that_is_not) {
    auto known = rejecting(1, 1, false);
    reject(known, rejected_one(1, true));
    reject(known, rejected_one(1, false));
    BOOST_TEST(known.rejected.size() == 1u);
    BOOST_TEST(holds(known, rejected_one(1, true)));
    auto more = rejected_one(1, true);
    more.bytes += " and more";
    reject(known, more);
    BOOST_TEST(holds(known, more));
}

BOOST_AUTO_TEST_CASE(revoked_ones_push_out_those_that_are_not_and_none_that_is) {
    auto known = rejecting(0, limit, false);
    reject(known, rejected_one(limit, false));
    BOOST_TEST(!holds(known, rejected_one(limit, false)));
    for (int i = limit; i < 2 * limit; ++i)
        reject(known, rejected_one(i, true));
    reject(known, rejected_one(2 * limit, true));
    BOOST_TEST(known.rejected.size() == max_rejected_certificates);
    for (int i = limit; i < 2 * limit; ++i)
        BOOST_TEST(holds(known, rejected_one(i, true)));
}

BOOST_AUTO_TEST_CASE(a_key_that_was_used_and_is_revoked_comes_before_all_others) {
    for (const std::string how : {"found", "sealed to", "given"}) {
        auto known = rejecting(0, limit, true);
        auto ours = rejected_one(900, true);
        ours.fingerprint = fingerprint;
        if (how == "found")
            known.remembered = found_entry();
        else if (how == "sealed to")
            known.sealed = sealing{now, fingerprint, {}, origin::domain};
        else
            known.given = {given_certificate{fingerprint, "binary", false, "", now}};
        reject(known, ours);
        BOOST_TEST(holds(known, ours));
        for (int i = 0; i < limit; ++i)
            reject(known, rejected_one(500 + i, true));
        BOOST_TEST(holds(known, ours));
        BOOST_TEST(known.rejected.size() == max_rejected_certificates);
    }
}

BOOST_AUTO_TEST_CASE(the_key_that_is_given_up_now_was_in_use) {
    auto known = rejecting(0, limit, true);
    known.remembered = found_entry();
    record_changes changes;
    changes.remembered = other_entry(outcome::unusable);
    auto ours = rejected_one(900, true);
    ours.fingerprint = fingerprint;
    changes.rejected = {ours};
    apply(known, changes);
    BOOST_TEST(holds(known, ours));
}

BOOST_AUTO_TEST_CASE(what_is_rejected_keeps_to_its_octets_unless_it_was_used) {
    record known;
    known.sealed = sealing{now, fingerprint, {}, origin::domain};
    for (int i = 0; i < 5; ++i) {
        auto large = rejected_one(i, true);
        large.bytes.assign(max_rejected_octets / 4, 'r');
        reject(known, large);
    }
    BOOST_TEST(known.rejected.size() == 4u);
    auto ours = rejected_one(900, true);
    ours.fingerprint = fingerprint;
    reject(known, ours);
    BOOST_TEST(holds(known, ours));
}

BOOST_AUTO_TEST_CASE(changes_that_are_appended_do_what_they_do_one_after_another) {
    record_changes first;
    first.remembered = found_entry();
    first.sealed = sealing{now, fingerprint, {}, origin::domain};
    first.doubts = doubts{now, {}};
    first.given = {given_certificate{fingerprint, "binary", true, "", now}};
    first.rejected = {rejected_one(1, true)};
    record_changes second;
    second.remembered = other_entry(outcome::absent);
    second.sealing_ended = now;
    second.taken_back = {fingerprint};
    second.rejected = {rejected_one(2, true)};
    second.directory = known_directory{wkd_host::direct, now};
    record one_by_one;
    apply(one_by_one, first);
    apply(one_by_one, second);

    record at_once;
    at_once.sealed = sealing{now, other_fingerprint, {}, origin::domain};
    auto both = first;
    append(both, second);
    apply(at_once, both);
    BOOST_TEST((at_once.remembered->what.result == outcome::absent));
    BOOST_TEST(!at_once.sealed.has_value());
    BOOST_TEST((at_once.ended_sealing == one_by_one.ended_sealing));
    BOOST_TEST(at_once.ended_sealing->fingerprint == fingerprint);
    BOOST_TEST((at_once.doubts == one_by_one.doubts));
    BOOST_TEST(at_once.given.empty());
    BOOST_TEST(at_once.rejected.size() == 2u);
    BOOST_TEST((at_once.directory == one_by_one.directory));
    BOOST_TEST(record_changes().empty());
    BOOST_TEST(!both.empty());
}

BOOST_AUTO_TEST_CASE(the_later_word_stays_whoever_is_written_last) {
    auto earlier = remembering(found_entry());
    auto later = remembering(found_entry(), 1h);
    later.remembered->what.found->fingerprint = other_fingerprint;
    for (const auto& known :
         {after(earlier, later), after(later, earlier), after(earlier, later, earlier)}) {
        BOOST_TEST((known.remembered->asked == now + 1h));
        BOOST_TEST(known.remembered->what.found->fingerprint == other_fingerprint);
    }
    const auto sealed = sealed_to(fingerprint);
    const auto sealed_later = sealed_to(other_fingerprint, 1h);
    for (const auto& known : {after(sealed, sealed_later), after(sealed_later, sealed)})
        BOOST_TEST(known.sealed->fingerprint == other_fingerprint);
    auto both = later;
    append(both, sealed_later);
    append(both, earlier);
    append(both, sealed);
    BOOST_TEST((both.remembered->asked == now + 1h));
    BOOST_TEST(both.sealed->fingerprint == other_fingerprint);
}

BOOST_AUTO_TEST_CASE(an_absence_takes_a_keys_place_only_where_it_was_confirmed) {
    const auto absent = remembering(other_entry(outcome::absent), 1h);
    const auto known = after(remembering(found_entry()), absent);
    BOOST_TEST((known.remembered->what.result == outcome::found));
    const auto ended = after(remembering(found_entry()), confirmed_denial(1h));
    BOOST_TEST((ended.remembered->what.result == outcome::absent));
    const auto stranger = after(absent, remembering(other_entry(outcome::absent), 2h));
    BOOST_TEST((stranger.remembered->asked == now + 2h));
}

BOOST_AUTO_TEST_CASE(to_whom_mail_was_sealed_nothing_speaks_against_a_key_but_with_its_doubts) {
    const auto sealed = sealed_to(fingerprint);
    for (const auto what : {outcome::absent, outcome::unusable}) {
        const auto late = remembering(other_entry(what), 1h);
        BOOST_TEST(!after(sealed, late).remembered.has_value());
        BOOST_TEST(!after(late, sealed).remembered.has_value());
        BOOST_TEST((after(remembering(found_entry()), sealed, late).remembered->what.result ==
                    outcome::found));
    }
    auto doubted = remembering(other_entry(outcome::unusable), 1h);
    doubted.doubts = doubts{{}, now + 1h};
    BOOST_TEST((after(sealed, doubted).remembered->what.result == outcome::unusable));
    BOOST_TEST((after(sealed, confirmed_denial(1h)).remembered->what.result == outcome::absent));
}

BOOST_AUTO_TEST_CASE(an_end_of_sealing_ends_no_later_one_and_leaves_the_key_known) {
    const auto known = after(sealed_to(fingerprint), confirmed_denial(1h));
    BOOST_TEST(!known.sealed.has_value());
    BOOST_TEST_REQUIRE(known.ended_sealing.has_value());
    BOOST_TEST(known.ended_sealing->fingerprint == fingerprint);

    const auto newer = sealed_to(other_fingerprint, 2h);
    for (const auto& one : {after(sealed_to(fingerprint), newer, confirmed_denial(1h)),
                            after(sealed_to(fingerprint), confirmed_denial(1h), newer)}) {
        BOOST_TEST_REQUIRE(one.sealed.has_value());
        BOOST_TEST(one.sealed->fingerprint == other_fingerprint);
        BOOST_TEST(!one.ended_sealing.has_value());
    }
    BOOST_TEST(!after(sealed_to(""), confirmed_denial(1h)).ended_sealing.has_value());
}

BOOST_AUTO_TEST_CASE(an_end_of_sealing_that_another_store_knows_is_none_of_one_that_goes_on) {
    record_changes theirs;
    theirs.ended_sealing = sealing{now, other_fingerprint, {}, origin::domain};
    BOOST_TEST(!theirs.empty());
    BOOST_TEST(after(theirs).ended_sealing->fingerprint == other_fingerprint);
    BOOST_TEST(!after(sealed_to(fingerprint), theirs).ended_sealing.has_value());
    const auto ours = after(sealed_to(fingerprint, 1h), confirmed_denial(2h), theirs);
    BOOST_TEST(ours.ended_sealing->fingerprint == fingerprint); // the later one
}

BOOST_AUTO_TEST_CASE(a_key_that_was_served_ends_the_doubts_before_it_whoever_is_written_last) {
    record_changes late;
    late.doubts = doubts{now, now};
    const auto found = remembering(found_entry(), 1h);
    BOOST_TEST(after(found, late).doubts.empty());
    BOOST_TEST(after(late, found).doubts.empty());
    late.doubts = doubts{now + 2h, {}};
    BOOST_TEST((after(found, late).doubts == *late.doubts));
}

BOOST_AUTO_TEST_CASE(what_was_written_under_a_clock_that_was_ahead_stands_in_nobodys_way) {
    const auto ahead = remembering(found_entry(), 1000h);
    const auto sealed = sealed_to(fingerprint, 1000h);
    auto right = remembering(other_entry(outcome::absent), 1h);
    BOOST_TEST((after(ahead, sealed, right).remembered->asked == now + 1000h));
    right = confirmed_denial(1h);
    right.clock_is_at = now + 1h;
    const auto known = after(ahead, sealed, right);
    BOOST_TEST((known.remembered->what.result == outcome::absent));
    BOOST_TEST(!known.sealed.has_value());
    record_changes only_clock;
    only_clock.clock_is_at = now + 1h;
    BOOST_TEST(!only_clock.empty());
    BOOST_TEST((after(ahead, only_clock).remembered->fresh_until <= now + 1h));
    auto unwritten = ahead;
    append(unwritten, sealed);
    append(unwritten, right);
    BOOST_TEST((after(unwritten).remembered->what.result == outcome::absent));
    BOOST_TEST(!after(unwritten).sealed.has_value());
}

BOOST_AUTO_TEST_CASE(the_key_of_a_sealing_that_has_ended_was_in_use) {
    auto known = rejecting(0, limit, true);
    known.ended_sealing = sealing{now, fingerprint, {}, origin::domain};
    auto ours = rejected_one(900, true);
    ours.fingerprint = fingerprint;
    reject(known, ours);
    BOOST_TEST(holds(known, ours));
}

// They may have waited to be written while an administrator pinned another key.
BOOST_AUTO_TEST_CASE(new_octets_of_a_given_key_bring_nothing_back) {
    const given_certificate old{fingerprint, "old", true, "", now};
    const given_certificate other{"OTHER", "other", true, "", now + 1h};
    record_changes give, regive, pin_other, give_anew, take_back;
    give.given = {old};
    regive.regiven = {{fingerprint, "old", "merged"}};
    BOOST_TEST(!regive.empty());
    pin_other.given = {other};
    give_anew.given = {given_certificate{fingerprint, "anew", true, "", now + 1h}};
    take_back.taken_back = {fingerprint};
    const auto changed = after(give, regive);
    BOOST_TEST_REQUIRE(changed.given.size() == 1u);
    BOOST_TEST(changed.given.front().bytes == "merged");
    BOOST_TEST(changed.given.front().pinned);
    BOOST_TEST(after(give, give_anew, regive).given.front().bytes == "anew");
    BOOST_TEST(after(give, take_back, regive).given.empty());
    const auto pinned = after(give, take_back, pin_other, regive);
    BOOST_TEST_REQUIRE(pinned.given.size() == 1u);
    BOOST_TEST(pinned.given.front().fingerprint == "OTHER");
    auto waiting = regive;
    append(waiting, take_back);
    BOOST_TEST(after(give, waiting).given.empty());
}

BOOST_AUTO_TEST_SUITE_END()
