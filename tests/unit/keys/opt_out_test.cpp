// SPDX-License-Identifier: Apache-2.0
// What a lookup comes to for somebody who cannot read sealed mail.
#include "keys/opt_out.hpp"

#include "keys/account.hpp"

#include "tests/unit/keys/finder_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

BOOST_TEST_DONT_PRINT_LOG_VALUE(outcome)

namespace {

struct world_of_opt_outs : finder_world {
    void opt_out_of(const std::string& name) {
        memory.opted_out[name] = {name, "anna", "reads mail on a phone", now};
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(looked_up_opt_outs, world_of_opt_outs)

BOOST_AUTO_TEST_CASE(they_override_whatever_is_known_and_nobody_is_asked) {
    wkd->serve(key(1));
    BOOST_TEST(find().result == outcome::found);
    note_sealed(find());
    given_certificate pin;
    pin.fingerprint = "F";
    pin.pinned = true;
    memory.of().given = {pin};
    opt_out_of(who);
    const auto asked = wkd->asked + directory->asked;
    now += 48h;
    const auto said = find();
    BOOST_TEST(said.result == outcome::absent);
    BOOST_TEST(said.opted_out);
    BOOST_TEST(!said.pinned);
    BOOST_TEST(said.reason ==
               "opted out of sealed mail (by anna, 2026-06-01: reads mail on a phone)");
    BOOST_TEST(wkd->asked + directory->asked == asked);
}

BOOST_AUTO_TEST_CASE(the_key_from_before_counts_again_once_it_is_taken_back) {
    wkd->serve(key(1));
    BOOST_TEST(find().result == outcome::found);
    opt_out_of("example.org");
    const auto said = find();
    BOOST_TEST(said.opted_out);
    BOOST_TEST(said.reason.starts_with("all of example.org opted out of sealed mail (by anna, "));
    memory.opted_out.clear();
    BOOST_TEST(find().result == outcome::found);
}

BOOST_AUTO_TEST_CASE(nothing_is_known_of_them_while_the_store_cannot_be_read) {
    wkd->serve(key(1));
    opt_out_of(who);
    BOOST_TEST(find().opted_out);
    memory.broken = true;
    const auto said = find();
    BOOST_TEST(said.result == outcome::found);
    BOOST_TEST(!said.opted_out);
}

BOOST_AUTO_TEST_CASE(mail_to_a_tagged_address_is_not_sealed_to_the_base_that_did_not_opt_out) {
    settings.subaddressing = {"example.org"};
    start(&memory);
    wkd->say(outcome::absent);
    const auto at = std::string(who).find('@');
    const auto tagged = std::string(who).substr(0, at) + "+news" + std::string(who).substr(at);
    opt_out_of(tagged);
    BOOST_TEST(find(tagged).opted_out);
    BOOST_TEST(!find(tagged).of_base);
    memory.opted_out.clear();
    opt_out_of(who);
    BOOST_TEST(find(tagged).of_base);
    BOOST_TEST(find(tagged).opted_out);
}

BOOST_AUTO_TEST_CASE(it_is_said_of_the_address) {
    record known;
    known.opted_out = opt_out{who, "anna", "reads\tmail", now};
    BOOST_TEST(to_string(summarise(known, now).state) == "opted out");
    BOOST_TEST_REQUIRE(remarks(known, now).size() == 1U);
    BOOST_TEST(remarks(known, now)
                   .front()
                   .ends_with("opted out of sealed mail (by anna, 2026-06-01: reads?mail). To seal "
                              "again: postseal "
                              "optout --remove " +
                              std::string(who)));
}

BOOST_AUTO_TEST_SUITE_END()
