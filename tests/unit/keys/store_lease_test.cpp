// SPDX-License-Identifier: Apache-2.0
// What every store has to do for relays that share it, run with each.
#include "tests/unit/keys/awaited.hpp"
#include "tests/unit/keys/store_places.hpp"
#include "tests/unit/keys/stored_samples.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

BOOST_TEST_DONT_PRINT_LOG_VALUE(lease)

BOOST_AUTO_TEST_SUITE(store_lease)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_lease_is_one_relays_until_it_ends, place, places) {
    const place at;
    const auto one = at.open();
    const auto two = at.open();
    const auto take = [](store& by, const char* name, std::chrono::seconds how_long) {
        const auto said = awaited(by.take_lease(name, how_long));
        BOOST_TEST_REQUIRE(said.has_value());
        return *said;
    };
    BOOST_TEST((take(*one, "key of bob@example.org", 1h) == lease::ours));
    BOOST_TEST((take(*one, "key of bob@example.org", 1h) == lease::ours));
    BOOST_TEST((take(*two, "key of bob@example.org", 1h) == lease::somebody_elses));
    BOOST_TEST((take(*two, "key of carl@example.org", 1h) == lease::ours));
    BOOST_TEST((take(*one, "key of bob@example.org", 0s) == lease::ours)); // gives it up
    BOOST_TEST((take(*two, "key of bob@example.org", 1h) == lease::ours));
}

BOOST_AUTO_TEST_SUITE_END()
