// SPDX-License-Identifier: Apache-2.0
#include "keys/token_bucket.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal::keys;
using namespace std::chrono_literals;

namespace {

const token_bucket::time start{1000h};
constexpr rate by_email{1, 1min, 3};

int take_all(token_bucket& from, token_bucket::time now) {
    int taken = 0;
    while (taken < 1000 && from.take(now))
        ++taken;
    return taken;
}

} // namespace

BOOST_AUTO_TEST_SUITE(token_bucket_test)

BOOST_AUTO_TEST_CASE(a_burst_is_let_through_and_then_one_an_interval) {
    token_bucket bucket(by_email);
    BOOST_TEST(take_all(bucket, start) == 3);
    BOOST_CHECK(bucket.wait(start) == 1min);
    BOOST_CHECK(bucket.wait(start + 20s) == 40s);
    BOOST_TEST(!bucket.take(start + 59s));
    BOOST_TEST(bucket.take(start + 60s));
    BOOST_TEST(!bucket.take(start + 60s));
}

BOOST_AUTO_TEST_CASE(silence_fills_the_bucket_and_no_more_than_that) {
    token_bucket bucket(by_email);
    BOOST_TEST(take_all(bucket, start) == 3);
    BOOST_TEST(take_all(bucket, start + 2min) == 2);
    BOOST_TEST(take_all(bucket, start + 1000min) == 3);
}

BOOST_AUTO_TEST_CASE(never_more_than_the_limit_in_any_hour) {
    token_bucket bucket(by_email);
    int taken = 0;
    for (auto now = start; now < start + 1h; now += 100ms)
        taken += bucket.take(now) ? 1 : 0;
    BOOST_TEST(taken == 62); // 60, and the two that a full bucket has before
}

BOOST_AUTO_TEST_CASE(several_in_a_second) {
    token_bucket bucket({5, 1s, 1});
    BOOST_TEST(bucket.take(start));
    BOOST_CHECK(bucket.wait(start) == 200ms);
    BOOST_TEST(bucket.take(start + 200ms));
}

BOOST_AUTO_TEST_CASE(a_server_that_has_had_enough_is_left_alone_and_then_asked_one_by_one) {
    token_bucket bucket(by_email);
    bucket.close(start + 10min);
    BOOST_CHECK(bucket.wait(start) == 10min);
    BOOST_TEST(!bucket.take(start + 599s));
    BOOST_TEST(take_all(bucket, start + 10min) == 1);
    // An earlier end does not open it again.
    bucket.close(start + 20min);
    bucket.close(start + 15min);
    BOOST_TEST(!bucket.take(start + 16min));
}

BOOST_AUTO_TEST_CASE(no_limit_is_none_until_the_server_sets_one) {
    token_bucket bucket(rate{});
    BOOST_TEST(take_all(bucket, start) == 1000);
    bucket.close(start + 30s);
    BOOST_TEST(!bucket.take(start + 29s));
    BOOST_TEST(take_all(bucket, start + 30s) == 1000);
}

BOOST_AUTO_TEST_SUITE_END()
