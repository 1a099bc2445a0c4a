// SPDX-License-Identifier: Apache-2.0
#include "relay/open_sessions.hpp"

#include "relay/session.hpp"

#include <algorithm>

namespace postseal::relay {

// Looked through anew each time: a session behind a load balancer learns late whose it is.
std::size_t open_sessions::count_of(const smtp::ip_address& client) const {
    const auto count = std::ranges::count_if(sessions_, [&client](const session* one) {
        return is_same_client(one->client_host(), client);
    });
    return static_cast<std::size_t>(count);
}

void open_sessions::drain() {
    draining_ = true;
    for (auto* const one : sessions_)
        one->drain();
}

void open_sessions::abandon() {
    for (auto* const one : sessions_)
        one->abandon();
}

bool is_same_client(const smtp::ip_address& one, const smtp::ip_address& other) {
    constexpr std::size_t octets_of_network = 8;
    if (one.is_v4() || other.is_v4()) return one == other;
    return std::ranges::equal(one.octets().first(octets_of_network),
                              other.octets().first(octets_of_network));
}

} // namespace postseal::relay
