// SPDX-License-Identifier: Apache-2.0
// Who has opted out of sealed mail, in every store.
#include "tests/unit/keys/awaited.hpp"
#include "tests/unit/keys/store_places.hpp"
#include "tests/unit/keys/stored_samples.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

namespace {

opt_out named(const std::string& name) {
    return {name, "anna", "reads mail on a phone", std::chrono::sys_seconds(77s)};
}

void put(store& in, const opt_out& one) {
    BOOST_TEST_REQUIRE(awaited(in.put_opt_out(one)).has_value());
}

std::optional<opt_out> recalled(store& from, const smtp::mailbox& address = bob) {
    auto said = awaited(from.recall(address));
    BOOST_TEST_REQUIRE(said.has_value());
    return said->opted_out;
}

std::string names(store& in, const std::string& after, std::size_t limit) {
    const auto said = awaited(in.opt_outs(after, limit));
    BOOST_TEST_REQUIRE(said.has_value());
    std::string all;
    for (const auto& one : *said)
        all += one.name + ' ';
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(stored_opt_outs)

BOOST_AUTO_TEST_CASE_TEMPLATE(an_address_is_out_for_all_who_share_the_store_until_it_is_taken_back,
                              place, places) {
    const place at;
    const auto here = at.open();
    const auto there = at.open();
    BOOST_TEST(!recalled(*there).has_value());
    put(*here, named("bob@example.org"));
    BOOST_TEST((recalled(*there) == named("bob@example.org")));
    BOOST_TEST(!recalled(*there, {"carl", "example.org"}).has_value());

    auto other = named("bob@example.org");
    other.by = "berta";
    put(*there, other);
    BOOST_TEST((recalled(*here) == other));
    BOOST_TEST(awaited(here->end_opt_out("bob@example.org")).value() == 1U);
    BOOST_TEST(awaited(here->end_opt_out("bob@example.org")).value() == 0U);
    BOOST_TEST(!recalled(*there).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_domain_is_out_with_all_its_addresses_and_no_others, place, places) {
    const place at;
    const auto store = at.open();
    put(*store, named("example.org"));
    BOOST_TEST((recalled(*store) == named("example.org")));
    for (const char* const other : {"mail.example.org", "an-example.org", "org"})
        BOOST_TEST(!recalled(*store, {"bob", other}).has_value(), other);
    put(*store, named("bob@example.org")); // says more of him
    BOOST_TEST((recalled(*store) == named("bob@example.org")));
    BOOST_TEST((recalled(*store, {"carl", "example.org"}) == named("example.org")));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(they_are_listed_a_page_at_a_time, place, places) {
    const place at;
    const auto store = at.open();
    for (const char* const name : {"z.example", "bob@b.example", "B.example", "a.example"})
        put(*store, named(name));
    BOOST_TEST(names(*store, "", 9) == "B.example a.example bob@b.example z.example ");
    BOOST_TEST(names(*store, "a.example", 1) == "bob@b.example ");
    BOOST_TEST(names(*store, "z.example", 9) == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_forgotten_leaves_them_and_changes_do_too, place, places) {
    const place at;
    const auto store = at.open();
    put(*store, named("bob@example.org"));
    put(*store, named("example.org"));
    record_changes changes;
    changes.remembered = found_entry();
    BOOST_TEST_REQUIRE(awaited(store->remember(bob, changes)).has_value());
    BOOST_TEST((recalled(*store) == named("bob@example.org")));
    BOOST_TEST_REQUIRE(awaited(store->forget(bob)).has_value());
    BOOST_TEST_REQUIRE(awaited(store->forget_domain("example.org")).has_value());
    BOOST_TEST(names(*store, "", 9) == "bob@example.org example.org ");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nobody_asks_again_for_the_keys_of_those_who_are_out, place, places) {
    const place at;
    const auto store = at.open();
    record_changes changes;
    changes.remembered = found_entry();
    changes.sealed = sealing{found_entry().asked, "F", {}, origin::domain};
    for (const char* const of : {"example.org", "sub.example.org"})
        for (const char* const who : {"bob", "carl"})
            BOOST_TEST_REQUIRE(awaited(store->remember({who, of}, changes)).has_value());
    const auto due = [&] {
        const auto said = awaited(store->due({found_entry().fresh_until + 1s, {}, 9}));
        BOOST_TEST_REQUIRE(said.has_value());
        return said->size();
    };
    BOOST_TEST(due() == 4U);
    put(*store, named("bob@example.org"));
    BOOST_TEST(due() == 3U);
    put(*store, named("example.org"));
    BOOST_TEST(due() == 2U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nor_whether_the_keys_given_for_them_were_revoked, place, places) {
    const place at;
    const auto store = at.open();
    record_changes changes;
    changes.given = {given_certificate{"F", "binary", false, "", found_entry().asked}};
    for (const char* const of : {"example.org", "sub.example.org"})
        for (const char* const who : {"bob", "carl"})
            BOOST_TEST_REQUIRE(awaited(store->remember({who, of}, changes)).has_value());
    const auto listed = [&] { return awaited(store->given_to("", 9)).value().size(); };
    BOOST_TEST(listed() == 4U);
    put(*store, named("bob@example.org"));
    BOOST_TEST(listed() == 3U);
    put(*store, named("example.org"));
    BOOST_TEST(listed() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
