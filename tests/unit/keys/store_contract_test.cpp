// SPDX-License-Identifier: Apache-2.0
// What every store has to do, run with each.
#include "tests/unit/keys/awaited.hpp"
#include "tests/unit/keys/store_places.hpp"
#include "tests/unit/keys/stored_samples.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

BOOST_TEST_DONT_PRINT_LOG_VALUE(outcome)

namespace {

record_changes remembering(const memory& entry) {
    record_changes made;
    made.remembered = entry;
    return made;
}

record_changes rejecting(const rejected_certificate& one) {
    record_changes made;
    made.rejected = {one};
    return made;
}

record recalled(store& from, const smtp::mailbox& address = bob) {
    auto said = awaited(from.recall(address));
    BOOST_TEST_REQUIRE(said.has_value());
    return *said;
}

void remember(store& in, record_changes changes, const smtp::mailbox& address = bob) {
    BOOST_TEST_REQUIRE(awaited(in.remember(address, std::move(changes))).has_value());
}

void check_remembered(store& by, const memory& expected, const smtp::mailbox& address = bob) {
    const auto known = recalled(by, address);
    BOOST_TEST_REQUIRE(known.remembered.has_value());
    check_same(*known.remembered, expected);
}

bool holds(const record& one, const rejected_certificate& wanted) {
    return std::ranges::find(one.rejected, wanted) != one.rejected.end();
}

std::string addresses(store& in, const std::string& domain, const std::string& after,
                      std::size_t limit) {
    const auto said = awaited(in.browse(domain, after, limit));
    BOOST_TEST_REQUIRE(said.has_value());
    std::string all;
    for (const auto& one : *said)
        all += one.address + ' ';
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_contract)

BOOST_AUTO_TEST_CASE_TEMPLATE(an_unknown_address_is_an_empty_record, place, places) {
    const place at;
    const auto known = recalled(*at.open());
    BOOST_TEST(!known.remembered.has_value());
    BOOST_TEST(known.rejected.empty());
    BOOST_TEST(!known.sealed.has_value());
    BOOST_TEST(!known.directory.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_found_certificate_comes_back_whole_also_after_a_restart, place,
                              places) {
    const place at;
    {
        const auto store = at.open();
        remember(*store, remembering(found_entry()));
        check_remembered(*store, found_entry());
    }
    check_remembered(*at.open(), found_entry());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_certificate_without_an_end_has_none_when_it_comes_back, place,
                              places) {
    const place at;
    const auto store = at.open();
    auto entry = found_entry();
    entry.what.found->expires.reset();
    entry.what.found->encryption_keys.clear();
    remember(*store, remembering(entry));
    check_remembered(*store, entry);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_finding_replaces_the_one_before_but_no_later_one, place,
                              places) {
    const place at;
    const auto store = at.open();
    auto next = found_entry();
    for (const auto what : {outcome::absent, outcome::unusable}) {
        remember(*store, remembering(next));
        check_remembered(*store, next);
        auto other = other_entry(what);
        other.asked = next.asked + 1h;
        auto changes = remembering(other);
        changes.sealing_ended = other.asked; // or it would end no key
        remember(*store, changes);
        check_remembered(*store, other);
        remember(*store, remembering(next)); // too late
        check_remembered(*store, other);
        next.asked = other.asked + 1h;
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_speaks_against_a_key_without_its_doubts_is_not_kept, place,
                              places) {
    const place at;
    const auto store = at.open();
    remember(*store, remembering(other_entry(outcome::absent)));
    record_changes sealed;
    sealed.sealed = sealing{now, fingerprint, {}, origin::domain};
    remember(*store, sealed);
    BOOST_TEST(!recalled(*store).remembered.has_value());
    for (const auto what : {outcome::absent, outcome::unusable}) {
        remember(*store, remembering(other_entry(what)));
        BOOST_TEST(!recalled(*at.open()).remembered.has_value());
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_entry_that_contradicts_itself_is_refused, place, places) {
    const place at;
    const auto store = at.open();
    auto absent = found_entry();
    absent.what.result = outcome::absent;
    for (const auto& one : {other_entry(outcome::found), other_entry(outcome::temporary), absent})
        BOOST_TEST(awaited(store->remember(bob, remembering(one))).has_error());
    BOOST_TEST(!recalled(*store).remembered.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(addresses_are_one_when_they_differ_in_case_or_spelling_of_the_domain,
                              place, places) {
    const place at;
    const auto store = at.open();
    remember(*store, remembering(found_entry()), {"Bob", "M\xc3\xbcnchen.DE"});
    check_remembered(*store, found_entry(), {"bob", "xn--mnchen-3ya.de"});
    BOOST_TEST(!recalled(*store).remembered.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_rejected_is_kept_by_the_rule_of_records, place, places) {
    const place at;
    {
        const auto store = at.open();
        remember(*store, rejecting(rejected_one(1, false)));
        remember(*store, rejecting(rejected_one(2, true)));
        remember(*store, rejecting(rejected_one(2, false)));
        remember(*store, remembering(found_entry()));
        for (int i = 10; i < 100; ++i)
            remember(*store, rejecting(rejected_one(i, false)));
    }
    const auto known = recalled(*at.open());
    BOOST_TEST(holds(known, rejected_one(1, false)));
    BOOST_TEST(holds(known, rejected_one(2, true)));
    BOOST_TEST(known.rejected.size() == max_rejected_certificates);
    BOOST_TEST(recalled(*at.open(), {"carl", "example.org"}).rejected.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(all_else_that_is_known_comes_back, place, places) {
    const place at;
    record_changes all;
    all.sealed = sealing{now, fingerprint, now + 9h, origin::third_party};
    all.doubts = doubts{now - 1h, now - 2h};
    all.given = {given_certificate{fingerprint, "binary", true, "Bob said so", now},
                 given_certificate{other_fingerprint, "", false, "", now - 3h}};
    all.directory = known_directory{wkd_host::direct, now};
    {
        const auto store = at.open();
        remember(*store, all);
    }
    const auto known = recalled(*at.open());
    BOOST_TEST((known.sealed == all.sealed));
    BOOST_TEST((known.doubts == *all.doubts));
    BOOST_TEST_REQUIRE(known.given.size() == 2u);
    for (const auto& one : all.given)
        BOOST_TEST((std::ranges::find(known.given, one) != known.given.end()));
    BOOST_TEST((known.directory == all.directory));
    const auto neighbour = recalled(*at.open(), {"carl", "example.org"});
    BOOST_TEST((neighbour.directory == all.directory)); // it is the domain's
    BOOST_TEST(!neighbour.sealed.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(sealings_doubts_and_what_was_given_end, place, places) {
    const place at;
    const auto store = at.open();
    record_changes all;
    all.sealed = sealing{now, fingerprint, {}, origin::domain};
    all.doubts = doubts{now, {}};
    all.given = {given_certificate{fingerprint, "binary", true, "", now}};
    remember(*store, all);
    record_changes second;
    second.given = {given_certificate{other_fingerprint, "binary", true, "", now}};
    remember(*store, second);
    BOOST_TEST(recalled(*store).given.size() == 1u); // one pin
    record_changes none;
    none.sealing_ended = now - 1s;
    remember(*store, none);
    BOOST_TEST(recalled(*store).sealed.has_value()); // a later one
    none.sealing_ended = now;
    none.doubts = doubts();
    none.taken_back = {other_fingerprint};
    remember(*store, none);
    const auto known = recalled(*store);
    BOOST_TEST(!known.sealed.has_value());
    BOOST_TEST((known.ended_sealing == all.sealed)); // by which the next key is measured
    BOOST_TEST(known.doubts.empty());
    BOOST_TEST(known.given.empty());
    remember(*store, all);
    BOOST_TEST((recalled(*store).sealed == all.sealed));
    BOOST_TEST(!recalled(*store).ended_sealing.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_sealing_that_has_ended_is_forgotten_with_the_rest, place, places) {
    const place at;
    const auto store = at.open();
    record_changes ended;
    ended.ended_sealing = sealing{now, fingerprint, now + 1h, origin::third_party};
    for (const auto* const local : {"bob", "carl", "dora"})
        remember(*store, ended, {local, "example.org"});
    BOOST_TEST((recalled(*at.open()).ended_sealing == ended.ended_sealing));
    BOOST_TEST(awaited(store->forget(bob)).has_value());
    BOOST_TEST(!recalled(*store).ended_sealing.has_value());
    const auto count = awaited(store->forget_domain("example.org"));
    BOOST_TEST_REQUIRE(count.has_value());
    BOOST_TEST(*count == 2u);
    BOOST_TEST(!recalled(*store, {"carl", "example.org"}).ended_sealing.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(records_are_browsed_in_order_and_by_domain, place, places) {
    const place at;
    const auto store = at.open();
    remember(*store, remembering(found_entry()), {"d", "example.org"});
    remember(*store, rejecting(rejected_one(1, true)), {"b", "example.org"});
    record_changes sealed;
    sealed.sealed = sealing{now, fingerprint, {}, origin::domain};
    remember(*store, sealed, {"a", "sub.example.org"});
    record_changes given;
    given.given = {given_certificate{fingerprint, "", true, "", now}};
    remember(*store, given, {"c", "example.org"});
    BOOST_TEST(addresses(*store, "", "", 9) ==
               "a@sub.example.org b@example.org c@example.org d@example.org ");
    BOOST_TEST(addresses(*store, "", "b@example.org", 1) == "c@example.org ");
    BOOST_TEST(addresses(*store, "example.org", "", 9) ==
               "b@example.org c@example.org d@example.org ");
    BOOST_TEST(addresses(*store, "ample.org", "", 9) == "");
    const auto whole = awaited(store->browse("", "c@example.org", 1));
    BOOST_TEST_REQUIRE(whole->size() == 1u);
    check_same(*whole->front().known.remembered, found_entry());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_forgotten_is_gone_but_for_revocations, place, places) {
    const place at;
    const auto store = at.open();
    record_changes all = remembering(found_entry());
    all.rejected = {rejected_one(1, true), rejected_one(2, false)};
    all.sealed = sealing{now, fingerprint, {}, origin::domain};
    all.doubts = doubts{now, {}};
    all.given = {given_certificate{fingerprint, "", true, "", now}};
    all.directory = known_directory{wkd_host::direct, now};
    for (const auto* const domain : {"example.org", "sub.example.org", "example.net"})
        for (const auto* const local : {"bob", "carl"})
            remember(*store, all, {local, domain});
    BOOST_TEST(awaited(store->forget(bob)).has_value());
    auto known = recalled(*store);
    BOOST_TEST(!known.remembered.has_value());
    BOOST_TEST(!known.sealed.has_value());
    BOOST_TEST(known.doubts.empty());
    BOOST_TEST(known.given.empty());
    BOOST_TEST(known.directory.has_value());
    BOOST_TEST_REQUIRE(known.rejected.size() == 1u);
    BOOST_TEST(known.rejected.front().revoked);

    const auto count = awaited(store->forget_domain("example.org"));
    BOOST_TEST_REQUIRE(count.has_value());
    BOOST_TEST(*count == 1u); // Bob is forgotten already
    known = recalled(*store, {"carl", "example.org"});
    BOOST_TEST(!known.remembered.has_value());
    BOOST_TEST(!known.sealed.has_value());
    BOOST_TEST(!known.directory.has_value());
    BOOST_TEST(known.given.size() == 1u);
    BOOST_TEST(known.rejected.size() == 1u);
    for (const auto* const other : {"sub.example.org", "example.net"})
        BOOST_TEST(recalled(*store, {"carl", other}).sealed.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(stale_keys_that_are_in_use_are_due, place, places) {
    const place at;
    const auto store = at.open();
    const auto put = [&](const char* who, std::chrono::hours stale, std::chrono::hours used,
                         memory entry) {
        entry.fresh_until = now - stale;
        auto changes = remembering(entry);
        changes.sealed = sealing{now - used, fingerprint, {}, origin::domain};
        remember(*store, changes, {who, "example.org"});
    };
    put("later", 1h, 1h, found_entry());
    put("first", 2h, 1h, found_entry());
    put("fresh", -1h, 1h, found_entry());
    put("unused", 1h, 1000h, found_entry());
    put("none", 1h, 1h, other_entry(outcome::absent));
    auto over = remembering(found_entry());
    over.remembered->fresh_until = now - 1h;
    over.ended_sealing = sealing{now - 1h, other_fingerprint, {}, origin::domain};
    remember(*store, over, {"over", "example.org"});
    remember(*store, remembering(found_entry()), {"unsealed", "example.org"});
    const auto due = [&](std::size_t limit) {
        auto said = awaited(store->due({now, now - 24h, limit}));
        BOOST_TEST_REQUIRE(said.has_value());
        return *said;
    };
    const std::vector<std::string> both{"first@example.org", "later@example.org"};
    BOOST_TEST(due(9) == both, boost::test_tools::per_element());
    BOOST_TEST(due(1).size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(whom_an_administrator_gave_a_certificate_is_listed, place, places) {
    const place at;
    const auto store = at.open();
    const auto give = [&](const char* who, std::string bytes) {
        record_changes changes;
        changes.given = {given_certificate{fingerprint, bytes, false, "", now},
                         given_certificate{other_fingerprint, bytes, false, "", now}};
        remember(*store, changes, {who, "example.org"});
    };
    give("b", "binary");
    give("a", "binary");
    give("pinned", ""); // the sources are to find it
    remember(*store, remembering(found_entry()), {"found", "example.org"});
    const auto listed = [&](const char* after, std::size_t limit) {
        auto said = awaited(store->given_to(after, limit));
        BOOST_TEST_REQUIRE(said.has_value());
        return *said;
    };
    const std::vector<std::string> both{"a@example.org", "b@example.org"};
    BOOST_TEST(listed("", 9) == both, boost::test_tools::per_element());
    BOOST_TEST(listed("", 1).size() == 1u);
    BOOST_TEST(listed("a@example.org", 9).front() == "b@example.org");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_old_is_pruned_but_for_what_makes_mail_safe, place, places) {
    const place at;
    const auto store = at.open();
    auto all = remembering(found_entry());
    all.rejected = {rejected_one(1, true), rejected_one(2, false)};
    all.sealed = sealing{now, fingerprint, {}, origin::domain};
    all.doubts = doubts{now, {}};
    all.given = {given_certificate{fingerprint, "", true, "", now}};
    all.directory = known_directory{wkd_host::direct, now};
    remember(*store, all);
    BOOST_TEST(awaited(store->prune(now)).has_value());
    BOOST_TEST(recalled(*store).sealed.has_value());
    check_remembered(*store, found_entry());
    BOOST_TEST(awaited(store->prune(now + 1000h)).has_value());
    const auto known = recalled(*store);
    BOOST_TEST(!known.remembered.has_value());
    BOOST_TEST(known.sealed.has_value());
    BOOST_TEST(!known.doubts.empty());
    BOOST_TEST(known.directory.has_value());
    BOOST_TEST(known.given.size() == 1u);
    BOOST_TEST_REQUIRE(known.rejected.size() == 1u);
    BOOST_TEST(known.rejected.front().revoked);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(two_relays_see_what_the_other_one_does, place, places) {
    const place at;
    const auto one = at.open();
    const auto two = at.open();
    remember(*one, remembering(found_entry()));
    check_remembered(*two, found_entry());
    remember(*two, rejecting(rejected_one(1, true)));
    remember(*one, rejecting(rejected_one(2, true)));
    BOOST_TEST(recalled(*two).rejected.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
