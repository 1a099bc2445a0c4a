// SPDX-License-Identifier: Apache-2.0
#include "relay/open_files.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace postseal::relay {

std::size_t sessions_within(std::uint64_t open_files) {
    const auto left = open_files - std::min(open_files, files_of_the_program);
    return std::max(static_cast<std::size_t>(left / files_of_a_session), fewest_sessions);
}

std::size_t make_room_for_sessions(std::size_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
    const rlim_t needed = files_of_the_program + files_of_a_session * wanted;
    if (limit.rlim_cur < needed && limit.rlim_cur < limit.rlim_max) {
        const auto before = limit.rlim_cur;
        limit.rlim_cur = std::min(needed, limit.rlim_max);
        if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
    }
    return sessions_within(limit.rlim_cur);
}

} // namespace postseal::relay
