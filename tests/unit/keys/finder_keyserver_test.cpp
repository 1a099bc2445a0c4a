// SPDX-License-Identifier: Apache-2.0
// What a keyserver that cannot be asked means for the whole lookup.
#include "tests/unit/keys/finder_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

namespace {

void is_busy(scripted_source& keyserver, std::chrono::seconds retry_in = 40s) {
    keyserver.say(outcome::temporary);
    keyserver.says.retry_in = retry_in;
}

} // namespace

BOOST_AUTO_TEST_SUITE(finder_keyserver)

BOOST_AUTO_TEST_CASE(a_busy_keyserver_is_told_apart_from_a_domain_that_cannot_be_asked) {
    finder_world on;
    is_busy(*on.keyserver);
    auto said = on.find();
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.source == "keyserver");
    BOOST_REQUIRE(said.retry_in);
    BOOST_CHECK(*said.retry_in == 40s);

    finder_world down;
    down.wkd->say(outcome::temporary);
    is_busy(*down.keyserver);
    said = down.find();
    BOOST_TEST(said.source == "wkd");
    BOOST_TEST(!said.retry_in.has_value());
}

BOOST_AUTO_TEST_CASE(a_busy_keyserver_is_not_asked_again_before_it_can_have_the_answer) {
    finder_world on;
    is_busy(*on.keyserver);
    on.find();
    on.now += 39s;
    BOOST_TEST(on.find().retry_in.has_value());
    BOOST_TEST(on.keyserver->asked == 1);
    on.now += 1s;
    on.keyserver->serve(key(1));
    BOOST_TEST(on.find().result == outcome::found);
    BOOST_TEST(on.keyserver->asked == 2);
    BOOST_TEST(on.memory.writes == 1); // the finding that was none is nothing to remember
}

BOOST_AUTO_TEST_CASE(who_had_a_key_is_not_written_to_in_clear_over_a_busy_keyserver) {
    finder_world on;
    on.keyserver->serve(key(1));
    BOOST_TEST(on.find().result == outcome::found);
    on.now += 25h;
    is_busy(*on.keyserver);
    BOOST_TEST(on.find().result == outcome::found); // the one from before
    on.now += 24h * 31;
    const auto said = on.find(); // which nobody believes any more
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(!said.retry_in.has_value());
}

BOOST_AUTO_TEST_CASE(a_keyservers_no_does_not_end_a_key) {
    finder_world on;
    on.keyserver->serve(key(1));
    BOOST_TEST(on.find().result == outcome::found);
    on.now += 25h;
    on.keyserver->say(outcome::absent);
    BOOST_TEST(on.find().result == outcome::found);
}

BOOST_AUTO_TEST_CASE(a_domain_that_says_that_there_is_no_key_is_not_overruled) {
    finder_world on;
    on.wkd->say(outcome::absent);
    on.wkd->says.authoritative = true;
    on.keyserver->serve(key(1));
    BOOST_TEST(on.find().result == outcome::absent);
    BOOST_TEST(on.keyserver->asked == 0);
}

BOOST_AUTO_TEST_CASE(nobody_holds_anothers_mail_by_a_key_that_cannot_be_judged) {
    finder_world on;
    on.keyserver->serve(key(static_cast<std::size_t>((on.now + 24h).time_since_epoch().count())));
    on.keyserver->says.retry_in = 5min; // as a keyserver says with whatever it serves
    const auto said = on.find();
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.retry_in.has_value());
}

BOOST_AUTO_TEST_CASE(an_unusable_key_is_worth_more_than_a_busy_keyserver) {
    finder_world on;
    on.wkd->serve(revoked_key(1));
    is_busy(*on.keyserver);
    BOOST_TEST(on.find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(a_keyserver_that_serves_what_is_no_key_is_a_busy_one) {
    finder_world on;
    on.keyserver->serve("\x99 not what it looks like");
    on.keyserver->says.retry_in = 300s;
    const auto said = on.find();
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.retry_in.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
