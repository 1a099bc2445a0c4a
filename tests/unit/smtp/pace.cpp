// SPDX-License-Identifier: Apache-2.0
#include "smtp/pace.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>

using namespace postseal::smtp;
using namespace std::chrono_literals;

namespace {

// Seconds until a client is given up that sends `octets` every `interval`; an hour is for ever.
std::chrono::seconds endured(pace with, std::uint64_t octets, std::chrono::milliseconds interval) {
    std::chrono::milliseconds elapsed{0};
    while (with.credit() > 0s && elapsed < 1h) {
        const auto waited = with.credit() < interval ? with.credit() : pace::duration(interval);
        with.spend(waited);
        elapsed += std::chrono::duration_cast<std::chrono::milliseconds>(waited);
        if (with.credit() > 0s) with.earn(octets);
    }
    return std::chrono::round<std::chrono::seconds>(elapsed);
}

} // namespace

BOOST_AUTO_TEST_SUITE(pace_of_a_message)

BOOST_AUTO_TEST_CASE(a_client_that_stops_is_given_up_after_the_patience) {
    BOOST_TEST((endured(pace(500, 180s), 0, 1s) == 180s));
    BOOST_TEST((endured(pace(0, 180s), 0, 1s) == 180s));
    pace fast(500, 180s);
    fast.earn(1ULL << 40U); // no credit beyond the patience, however fast it was before
    BOOST_TEST((endured(fast, 0, 1s) == 180s));
    for (int piece = 0; piece < 1000; ++piece)
        fast.earn(50'000);
    BOOST_TEST((endured(fast, 0, 1s) == 180s));
}

BOOST_AUTO_TEST_CASE(a_client_that_drips_is_given_up_a_little_later) {
    BOOST_TEST((endured(pace(500, 180s), 1, 1s) == 180s));
    BOOST_TEST((endured(pace(500, 180s), 250, 1s) == 359s)); // at half the rate in twice the time
    BOOST_TEST((endured(pace(500, 180s), 1, 100ms) == 184s));
}

BOOST_AUTO_TEST_CASE(a_client_that_keeps_up_may_take_as_long_as_it_likes) {
    for (const auto interval : {100ms, 1000ms, 60'000ms, 179'000ms}) {
        const auto octets = static_cast<std::uint64_t>(interval.count()) / 2;
        BOOST_TEST((endured(pace(500, 180s), octets, interval) >= 1h), interval.count());
    }
    BOOST_TEST((endured(pace(500, 180s), 100'000, 181s) == 180s)); // but it must not stop
}

BOOST_AUTO_TEST_CASE(without_a_rate_any_octet_is_enough) {
    BOOST_TEST((endured(pace(0, 180s), 1, 179s) >= 1h));
}

BOOST_AUTO_TEST_CASE(extreme_numbers_are_no_harm) {
    pace with(1, 3600s);
    with.spend(std::chrono::hours(24 * 365 * 200));
    BOOST_TEST((with.credit() < 0s));
    with.spend(pace::duration::max());
    with.earn(UINT64_MAX);
    BOOST_TEST((with.credit() == 3600s));
    pace quick(UINT64_MAX, 1s);
    quick.earn(UINT64_MAX);
    BOOST_TEST((quick.credit() == 1s));
    quick.spend(2s);
    quick.earn(1);
    BOOST_TEST((quick.credit() < 0s));
}

BOOST_AUTO_TEST_SUITE_END()
