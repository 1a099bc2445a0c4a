// SPDX-License-Identifier: Apache-2.0
// What a lookup comes to for mail to one address that is sealed to the key of another.
#include "keys/lent_key.hpp"

#include "tests/unit/keys/finder_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

namespace {

const std::string recipient = "three@partner.example";

// `who` is the one whose key there is.
struct world : finder_world {
    finding find_lent(const std::string& whom = recipient) {
        return end(begin(finds->find(address(whom), address(who))));
    }
    void opt_out_of(const std::string& name) {
        memory.opted_out[name] = {name, "anna", "reads mail on a phone", now};
    }
    void pin_in_store(const std::string& whom) {
        given_certificate pin;
        pin.fingerprint = "F";
        pin.pinned = true;
        memory.of(whom).given = {pin};
    }
    [[nodiscard]] bool was_asked_about(const std::string& whom) const {
        return wkd->addresses.contains(whom) || directory->addresses.contains(whom);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(lent_keys, world)

BOOST_AUTO_TEST_CASE(it_is_the_owner_who_is_looked_up) {
    serve(key(1));
    const auto said = find_lent();
    BOOST_TEST(said.result == outcome::found);
    BOOST_REQUIRE(said.key_of);
    BOOST_TEST(lookup_key(*said.key_of) == who);
    BOOST_TEST(was_asked_about(who));
    BOOST_TEST(!was_asked_about(recipient));
    BOOST_TEST(!find().key_of);
}

BOOST_AUTO_TEST_CASE(it_is_the_owner_to_whom_mail_was_sealed) {
    serve(key(1));
    finds->note_sealed(address(recipient), find_lent());
    go_on();
    BOOST_TEST(memory.of(who).sealed.has_value());
    BOOST_TEST(!memory.of(recipient).sealed.has_value());
    start(&memory);
    block();
    now += 24h * 31;
    BOOST_TEST(find_lent("four@partner.example").result == outcome::temporary); // never "no key"
}

BOOST_AUTO_TEST_CASE(whoever_opted_out_is_asked_of_nobody_and_the_others_are_served) {
    serve(key(1));
    opt_out_of(recipient);
    finds->prefetch(address(recipient), address(who));
    go_on();
    const auto said = find_lent();
    BOOST_TEST(said.opted_out);
    BOOST_TEST(!said.key_of);
    BOOST_TEST(said.reason.starts_with("opted out of sealed mail (by anna, "));
    BOOST_TEST(wkd->asked + directory->asked == 0);
    BOOST_TEST(find_lent("four@partner.example").result == outcome::found);
    opt_out_of("partner.example");
    BOOST_TEST(find_lent("four@partner.example").opted_out);
}

BOOST_AUTO_TEST_CASE(an_opt_out_of_the_owner_is_nobody_elses) {
    serve(key(1));
    opt_out_of(who);
    auto said = find_lent();
    BOOST_TEST(said.result == outcome::absent);
    BOOST_TEST(!said.opted_out);
    BOOST_TEST(!said.pinned);
    BOOST_REQUIRE(said.key_of);
    pin_in_store(who); // so that it is never in clear for want of that key
    said = find_lent();
    BOOST_TEST(!said.opted_out);
    BOOST_TEST(said.pinned);
}

BOOST_AUTO_TEST_CASE(a_pin_of_the_recipient_goes_before_wherever_it_stands) {
    serve(key(1));
    pin_in_store(recipient);
    auto said = find_lent();
    BOOST_TEST(said.pinned);
    BOOST_TEST(said.result == outcome::temporary); // that key is not to be had
    BOOST_TEST(!said.key_of);
    BOOST_TEST(was_asked_about(recipient));
    BOOST_TEST(!was_asked_about(who));
    settings.subaddressing = {"partner.example"};
    start(&memory);
    deny();
    said = find_lent("three+news@partner.example");
    BOOST_TEST(said.pinned);
    BOOST_TEST(!said.key_of);
}

BOOST_AUTO_TEST_CASE(a_pin_of_the_base_address_goes_before_whatever_fails) {
    settings.subaddressing = {"partner.example"};
    start(&memory);
    pin_in_store(recipient);
    block();
    const auto said = find_lent("three+news@partner.example");
    BOOST_TEST(said.pinned);
    BOOST_TEST(!said.key_of);
    BOOST_TEST(!was_asked_about("three+news@partner.example"));
    BOOST_TEST(!was_asked_about(who));
}

BOOST_AUTO_TEST_CASE(a_pin_of_the_owner_counts) {
    serve(key(1));
    pin_in_store(who);
    const auto said = find_lent();
    BOOST_TEST(said.pinned);
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.key_of.has_value());
}

BOOST_AUTO_TEST_CASE(an_opt_out_of_the_base_address_counts_where_it_is_taken_for_it) {
    serve(key(1));
    opt_out_of("three@partner.example");
    BOOST_TEST(!find_lent("three+news@partner.example").opted_out);
    settings.subaddressing = {"partner.example"};
    start(&memory);
    BOOST_TEST(find_lent("three+news@partner.example").opted_out);
}

BOOST_AUTO_TEST_CASE(many_recipients_of_one_owner_are_one_question) {
    serve(key(1));
    wkd->door.close();
    for (int i = 0; i < 10; ++i)
        finds->prefetch(address("r" + std::to_string(i) + "@partner.example"), address(who));
    go_on();
    wkd->door.open();
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(find_lent("r" + std::to_string(i) + "@partner.example").result ==
                   outcome::found);
    BOOST_TEST(wkd->asked == 1);
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_be_read_keeps_no_key_from_anybody) {
    serve(key(1));
    opt_out_of(recipient);
    memory.broken = true;
    BOOST_TEST(find_lent().result == outcome::found);
    BOOST_TEST(find_lent().may_replace); // of the recipient's own, which may be pinned
    memory.broken = false;
    memory.throws = true;
    BOOST_TEST(find_lent().result == outcome::found);
}

BOOST_AUTO_TEST_CASE(a_deadline_leaves_the_owners_key_from_before) {
    settings.deadline = 500ms;
    start(&memory);
    serve(key(1));
    finds->note_sealed(address(recipient), find_lent());
    go_on();
    now += 25h;
    wkd->door.close();
    const auto said = find_lent();
    BOOST_TEST(said.result == outcome::found);
    BOOST_TEST(said.key_of.has_value());
    wkd->door.open();
}

BOOST_AUTO_TEST_SUITE_END()
