// SPDX-License-Identifier: Apache-2.0
// What administrators say of an address: pins, certificates in the store, subaddresses.
#include "tests/unit/keys/finder_world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

namespace {

std::string fingerprint_of(const std::string& material) {
    return clean_packets(material, address(who)).certificates.at(0).fingerprint;
}

given_certificate given(const std::string& material, bool pinned) {
    given_certificate made;
    made.fingerprint = fingerprint_of(material);
    made.bytes = clean_packets(material, address(who)).certificates.at(0).bytes;
    made.pinned = pinned;
    made.note = "by telephone";
    return made;
}

int made(const finding& said) {
    return said.found ? static_cast<int>(said.found->encryption_keys.front()) : 0;
}

struct world : finder_world {
    void pin_by_policy(const std::string& fingerprint) {
        settings.pins[who] = fingerprint;
        start(&memory);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(given_keys, world)

BOOST_AUTO_TEST_CASE(a_pin_chooses_among_keys_and_refuses_all_others) {
    pin_by_policy(fingerprint_of(key(100)));
    serve(key(200) + key(100));
    auto said = find();
    BOOST_TEST(made(said) == 100);
    now += 25h;
    directory->serve(key(200));
    serve(key(300));
    BOOST_TEST(made(find()) == 100); // the one from before
    now += 24h * 31;
    said = find();
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.reason == "directory has it: " + fingerprint_of(key(200)) +
                                  " is not the pinned key " + fingerprint_of(key(100)));
}

BOOST_AUTO_TEST_CASE(an_address_with_a_pin_is_never_without_a_key) {
    pin_by_policy(fingerprint_of(key(100)));
    deny();
    const auto said = find();
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(
        said.reason.ends_with("the pinned key " + fingerprint_of(key(100)) + " is not to be had"));
}

BOOST_AUTO_TEST_CASE(whatever_becomes_of_a_lookup_a_pin_is_told) {
    settings.deadline = 20ms;
    settings.subaddressing = {"example.org"};
    pin_by_policy(fingerprint_of(key(100)));
    deny();
    BOOST_TEST(find().pinned);
    BOOST_TEST(find("a+news@example.org").pinned);
    serve(key(100));
    now += 25h;
    BOOST_TEST(find().pinned);
    serve(revoked_key(100));
    now += 25h;
    BOOST_TEST(find().pinned);
    now += 25h;
    wkd->door.close();
    BOOST_TEST(find().reason == "the lookup took longer than 20 ms");
    BOOST_TEST(find().pinned);
    gnupg.throws = true;
    settings.deadline = 10s;
    start(&memory);
    directory->serve(key(100));
    const auto said = find();
    BOOST_TEST(said.reason == "it failed: an inspector that throws");
    BOOST_TEST(said.pinned);
    BOOST_TEST(!find("b@example.org").pinned);
}

BOOST_AUTO_TEST_CASE(new_pins_are_for_the_next_lookup_whatever_is_remembered) {
    serve(key(200) + key(100));
    BOOST_TEST(made(find()) == 200);
    finds->set_pins({{who, fingerprint_of(key(100))}});
    BOOST_TEST(made(find()) == 100);
    BOOST_TEST(wkd->asked == 2);
    BOOST_TEST(made(find()) == 100);
    finds->set_pins({{who, fingerprint_of(key(100))}, {"b@example.org", "FF"}});
    BOOST_TEST(made(find()) == 100);
    BOOST_TEST(wkd->asked == 2); // its own has not changed
    finds->set_pins({});
    BOOST_TEST(made(find()) == 200);
    BOOST_TEST(!find().pinned);
    BOOST_TEST(wkd->asked == 3);
}

BOOST_AUTO_TEST_CASE(a_pin_that_was_wrong_is_mended_at_once) {
    pin_by_policy(fingerprint_of(key(300)));
    serve(key(100));
    BOOST_TEST(find().result == outcome::temporary);
    finds->set_pins({{who, fingerprint_of(key(100))}});
    BOOST_TEST(made(find()) == 100);
}

BOOST_AUTO_TEST_CASE(a_new_pin_is_looked_for_though_no_key_was_known_a_moment_ago) {
    deny();
    BOOST_TEST(find().result == outcome::absent);
    finds->set_pins({{who, fingerprint_of(key(100))}});
    serve(key(100));
    BOOST_TEST(made(find()) == 100);
}

BOOST_AUTO_TEST_CASE(nobody_joins_a_lookup_from_before_the_pins_changed) {
    serve(key(200) + key(100));
    wkd->door.close();
    auto before = begin(finds->find(address(who)));
    go_on();
    finds->set_pins({{who, fingerprint_of(key(100))}});
    auto after = begin(finds->find(address(who)));
    go_on();
    wkd->door.open();
    const auto said_before = end(std::move(before));
    BOOST_TEST(made(said_before) == 200);
    BOOST_TEST(!said_before.pinned);
    BOOST_TEST(made(end(std::move(after))) == 100);
    BOOST_TEST(made(find()) == 100);
}

BOOST_AUTO_TEST_CASE(a_remembered_key_that_is_not_the_pinned_one_is_not_used) {
    serve(key(200));
    BOOST_TEST(find().result == outcome::found);
    pin_by_policy(fingerprint_of(key(100)));
    serve(key(100));
    BOOST_TEST(made(find()) == 100);
}

BOOST_AUTO_TEST_CASE(a_pinned_key_that_is_revoked_is_not_used) {
    pin_by_policy(fingerprint_of(key(100)));
    serve(revoked_key(100));
    BOOST_TEST(find().result == outcome::temporary); // and no mail in clear for it
}

BOOST_AUTO_TEST_CASE(what_was_given_is_used_whatever_the_sources_say) {
    memory.of().given = {given(key(100), false)};
    serve(key(200));
    const auto said = find();
    BOOST_TEST(made(said) == 100);
    BOOST_TEST(said.source == "imported");
    BOOST_TEST(said.reason == "by telephone");
    BOOST_TEST(wkd->asked == 0);
    memory.of().given.clear(); // another process has taken it back
    BOOST_TEST(made(find()) == 200);
}

BOOST_AUTO_TEST_CASE(a_pin_in_the_store_counts_with_its_certificate_and_without) {
    memory.of().given = {given(key(100), true), given(key(200), false)};
    auto said = find();
    BOOST_TEST(made(said) == 100);
    BOOST_TEST(said.source == "pinned");
    memory.of().given.front().bytes.clear();
    BOOST_TEST(find().result == outcome::temporary); // the other one is not it
    now += 25h;
    serve(key(200) + key(100));
    BOOST_TEST(made(find()) == 100);
}

BOOST_AUTO_TEST_CASE(a_pinned_key_is_found_behind_any_number_of_others) {
    auto& all = memory.of().given;
    for (int number = 1; number <= 9; ++number)
        all.push_back(given(key(number * 100), number == 9));
    BOOST_TEST(made(find()) == 900);
    all.back().note = "in person";
    all.front().note = "by post";
    std::ranges::reverse(all);
    BOOST_TEST(made(find()) == 900);
    BOOST_TEST(find().reason == "in person"); // of the one that is used
}

BOOST_AUTO_TEST_CASE(a_pin_is_no_change_of_keys) {
    serve(key(200));
    finds->note_sealed(address(who), find());
    memory.of().given = {given(key(100), true)};
    BOOST_TEST(find().replaces == "");
}

BOOST_AUTO_TEST_CASE(a_revoked_copy_of_a_given_key_in_the_folder_ends_it) {
    memory.of().given = {given(key(100), false)};
    BOOST_TEST(find().result == outcome::found);
    memory.of().given = {given(revoked_key(100), false)};
    directory->serve(key(100));
    BOOST_TEST(find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(a_revocation_that_was_heard_of_since_ends_a_given_key) {
    memory.of().given = {given(key(100), true)};
    BOOST_TEST(made(find()) == 100);
    rejected_certificate revoked;
    revoked.fingerprint = fingerprint_of(key(100));
    revoked.bytes = clean_packets(revoked_key(100), address(who)).certificates.at(0).bytes;
    revoked.revoked = true;
    memory.of().rejected = {revoked};
    BOOST_TEST(made(find()) == 0);
}

BOOST_AUTO_TEST_CASE(
    mail_to_a_subaddress_is_sealed_to_the_key_of_the_base_where_that_is_switched_on) {
    const auto tagged = "a+news@example.org";
    deny();
    memory.of().given = {given(key(100), false)};
    BOOST_TEST(find(tagged).result == outcome::absent);
    settings.subaddressing = {"example.org"};
    start(&memory);
    deny();
    const auto said = find(tagged);
    BOOST_TEST(said.result == outcome::found);
    BOOST_TEST(said.reason == "as a@example.org: by telephone");
    BOOST_TEST(find("a+news@example.net").result == outcome::absent);
    BOOST_TEST(find("+a@example.org").result == outcome::absent);
    wkd->say(outcome::temporary); // perhaps there is one for the very address
    BOOST_TEST(find("a+other@example.org").result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(no_key_of_a_subaddress_takes_the_place_of_the_bases_pin) {
    const auto tagged = "a+news@example.org";
    settings.subaddressing = {"example.org"};
    pin_by_policy(fingerprint_of(key(100)));
    serve(key(200)); // whoever is asked for
    auto said = find(tagged);
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.pinned);
    BOOST_TEST(!wkd->addresses.contains(tagged));
    directory->serve(key(200) + key(100));
    said = find(tagged);
    BOOST_TEST(made(said) == 100);
    BOOST_TEST(said.of_base);
    BOOST_TEST(said.pinned);
    // In the store it is the same.
    settings.pins.clear();
    start(&memory);
    memory.of().given = {given(key(100), true)};
    serve(key(200));
    said = find("a+other@example.org");
    BOOST_TEST(made(said) == 100);
    BOOST_TEST(said.pinned);
    // But for an address that has a pin of its own, or is out.
    memory.of(tagged).given = {given(key(200), true)};
    BOOST_TEST(!find(tagged).of_base);
    memory.opted_out["a+other@example.org"] = {"a+other@example.org", "anna", "reads", now};
    BOOST_TEST(find("a+other@example.org").opted_out);
}

// Else whoever writes to many tags at once could keep the base from being asked for an hour.
BOOST_AUTO_TEST_CASE(one_failure_that_many_subaddresses_see_is_one_failure) {
    settings.subaddressing = {"example.org"};
    pin_by_policy(fingerprint_of(key(100)));
    wkd->say(outcome::temporary);
    wkd->door.close();
    std::vector<std::future<finding>> all;
    for (const auto* const tagged : {"a+1@example.org", "a+2@example.org", "a+3@example.org"})
        all.push_back(begin(finds->find(address(tagged))));
    go_on();
    wkd->door.open();
    for (auto& one : all)
        BOOST_TEST(end(std::move(one)).result == outcome::temporary);
    BOOST_TEST(finds->is_resting(address(who)));
    now += settings.keep.temporary + 1s;
    BOOST_TEST(!finds->is_resting(address(who)));
}

BOOST_AUTO_TEST_CASE(subaddresses_can_be_switched_on_while_it_runs) {
    const auto tagged = "a+news@example.org";
    memory.of().given = {given(key(100), false)};
    deny();
    BOOST_TEST(find(tagged).result == outcome::absent);
    finds->set_subaddressing({"example.org"});
    BOOST_TEST(made(find(tagged)) == 100);
    finds->set_subaddressing({});
    BOOST_TEST(find(tagged).result == outcome::absent);
}

BOOST_AUTO_TEST_CASE(what_was_sealed_for_a_subaddress_was_sealed_to_the_base) {
    const auto tagged = "a+news@example.org";
    settings.subaddressing = {"example.org"};
    start(&memory);
    deny();
    memory.of().given = {given(key(100), false)};
    note_sealed(find(tagged), tagged);
    go_on();
    BOOST_TEST(memory.of().sealed.has_value());
    now += 7h; // asked for again, and still never had a key
    BOOST_TEST(made(find(tagged)) == 100);
    memory.of().given = {given(key(200), false)};
    BOOST_TEST(find(tagged).replaces == fingerprint_of(key(100)));
    note_sealed(find(tagged), tagged);
    go_on();
    BOOST_TEST(find(tagged).replaces == "");
}

BOOST_AUTO_TEST_CASE(who_asks_already_is_waited_for) {
    memory.leased = {"key of " + who};
    serve(key(100));
    auto waiting = begin(finds->find(address(who)));
    go_on();
    BOOST_TEST(wkd->asked == 0);
    auto& theirs = memory.of().remembered.emplace();
    theirs.what.result = outcome::absent;
    theirs.what.reason = "another relay has asked";
    theirs.asked = now;
    theirs.fresh_until = now + 1h;
    BOOST_TEST(end(std::move(waiting)).reason == "another relay has asked");
    BOOST_TEST(wkd->asked == 0);
    memory.taken.clear();
    find("b@example.org");
    const std::vector<std::string> once{"key of b@example.org"};
    BOOST_TEST(memory.taken == once);
    BOOST_TEST(memory.given_up == once); // at once, not when its time is over
}

BOOST_AUTO_TEST_CASE(a_keyserver_that_is_late_holds_nobodys_mail_who_never_had_a_key) {
    settings.deadline = 20ms;
    for (const bool is_domain_late : {true, false}) {
        start(&memory);
        (is_domain_late ? wkd : keyserver)->door.close();
        const auto said = find();
        BOOST_TEST(said.result == outcome::temporary);
        BOOST_TEST(said.reason == "the lookup took longer than 20 ms");
        BOOST_TEST(said.retry_in.has_value() == !is_domain_late);
    }
    note_sealed({});
    go_on();
    start(&memory);
    keyserver->door.close();
    BOOST_TEST(!find().retry_in.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
