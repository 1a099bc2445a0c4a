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
    for (const bool found : {true, false}) {
        auto known = rejecting(0, limit, true);
        auto ours = rejected_one(900, true);
        ours.fingerprint = fingerprint;
        if (found)
            known.remembered = found_entry();
        else
            known.sealed = sealing{now, fingerprint, {}, origin::domain};
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
    second.sealing_ended = true;
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
    BOOST_TEST((at_once.doubts == one_by_one.doubts));
    BOOST_TEST(at_once.given.empty());
    BOOST_TEST(at_once.rejected.size() == 2u);
    BOOST_TEST((at_once.directory == one_by_one.directory));
    BOOST_TEST(record_changes().empty());
    BOOST_TEST(!both.empty());
}

BOOST_AUTO_TEST_SUITE_END()
