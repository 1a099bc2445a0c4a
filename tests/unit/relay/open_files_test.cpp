// SPDX-License-Identifier: Apache-2.0
#include "relay/open_files.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace postseal::relay {

BOOST_AUTO_TEST_SUITE(open_files)

BOOST_AUTO_TEST_CASE(sessions_leave_room_for_the_program) {
    const std::vector<std::pair<std::uint64_t, std::size_t>> table = {
        {0, 4},     {320, 4},      {360, 5},
        {1024, 88}, {65536, 8152}, {RLIM_INFINITY, RLIM_INFINITY / 8 - 40},
    };
    for (const auto& [limit, sessions] : table)
        BOOST_TEST(sessions_within(limit) == sessions, limit);
}

BOOST_AUTO_TEST_CASE(limit_is_raised_as_far_as_needed_and_no_farther) {
    rlimit before{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit low = before;
    low.rlim_cur = 256;
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    BOOST_TEST(make_room_for_sessions(10) == 10U);
    rlimit after{};
    ::getrlimit(RLIMIT_NOFILE, &after);
    BOOST_TEST(after.rlim_cur == 400U);
    BOOST_TEST(make_room_for_sessions(5) == 10U); // never lowered
    ::setrlimit(RLIMIT_NOFILE, &before);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::relay
