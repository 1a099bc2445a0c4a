// SPDX-License-Identifier: Apache-2.0
#include "keys/asked_later.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace std::chrono_literals;

namespace {

const asked_later::time now{1000h};
const smtp::mailbox bob{"bob", "corp.org"};
const smtp::mailbox eve{"eve", "corp.org"};

smtp::mailbox number(std::size_t n) { return {std::to_string(n), "corp.org"}; }

answer key(std::size_t octets = 1) {
    answer made;
    made.result = outcome::found;
    made.material = std::string(octets, 'k');
    return made;
}

answer says(outcome result) {
    answer made;
    made.result = result;
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(asked_later_test)

BOOST_AUTO_TEST_CASE(an_address_waits_once_however_it_is_written) {
    asked_later later;
    BOOST_TEST(later.empty());
    BOOST_TEST(later.put(bob).value() == 1U);
    BOOST_TEST(later.put(eve).value() == 2U);
    BOOST_TEST(later.put({"BOB", "Corp.ORG"}).value() == 1U);
    BOOST_CHECK(later.next() == bob);
    later.answered(bob, key(), now);
    BOOST_CHECK(later.next() == eve);
    later.answered(eve, says(outcome::absent), now);
    BOOST_TEST(later.empty());
}

BOOST_AUTO_TEST_CASE(the_queue_is_bounded) {
    asked_later later;
    for (std::size_t n = 1; n <= asked_later::max_waiting; ++n)
        BOOST_TEST(later.put(number(n)).value() == n);
    BOOST_TEST(!later.put(bob));
    BOOST_TEST(later.put(number(7)).value() == 7U);
    later.answered(number(1), key(), now);
    BOOST_TEST(later.put(bob).value() == asked_later::max_waiting);
}

BOOST_AUTO_TEST_CASE(an_answer_is_there_for_the_next_one_who_asks_and_for_no_other) {
    asked_later later;
    later.put(bob);
    later.answered(bob, key(), now);
    BOOST_TEST(!later.take(eve, now));
    BOOST_TEST(later.take({"Bob", "corp.org"}, now + 59min).has_value());
    BOOST_TEST(!later.take(bob, now + 59min));
}

BOOST_AUTO_TEST_CASE(no_answer_is_kept_for_longer_than_an_hour_nor_one_that_says_nothing) {
    asked_later later;
    later.answered(bob, key(), now);
    BOOST_TEST(!later.take(bob, now + 60min));
    later.answered(bob, says(outcome::temporary), now);
    BOOST_TEST(!later.take(bob, now));
}

BOOST_AUTO_TEST_CASE(who_cannot_be_asked_after_all_gives_way_at_last) {
    asked_later later;
    later.put(bob);
    later.put(eve);
    later.put_off(bob);
    later.put_off(bob);
    BOOST_CHECK(later.next() == bob);
    later.put_off(bob);
    BOOST_CHECK(later.next() == eve);
}

BOOST_AUTO_TEST_CASE(answers_are_bounded_in_number_and_in_size) {
    asked_later later;
    for (std::size_t n = 0; n <= asked_later::max_answers; ++n)
        later.answered(number(n), says(outcome::absent), now);
    BOOST_TEST(!later.take(number(0), now));
    BOOST_TEST(later.take(number(1), now).has_value());

    asked_later large;
    large.answered(bob, key(), now);
    for (std::size_t n = 0; n < 16; ++n)
        large.answered(number(n), key(1 << 20), now);
    BOOST_TEST(!large.take(bob, now));
    BOOST_TEST(large.take(number(0), now).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
