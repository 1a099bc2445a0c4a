// SPDX-License-Identifier: Apache-2.0
#include "relay/listener_change.hpp"

namespace postseal::relay {

bool is_same_way(const listener_settings& one, const listener_settings& other) {
    const auto& to = one.next_hop;
    const auto& now = other.next_hop;
    return to.address.host == now.address.host && to.address.port == now.address.port &&
           to.introduction == now.introduction && to.tls == now.tls && to.proof == now.proof &&
           one.probe == other.probe;
}

bool serves_alike(const listener_settings& one, const listener_settings& other) {
    return one.name == other.name && one.place == other.place && one.protocol == other.protocol &&
           one.trusted == other.trusted && one.balancers == other.balancers &&
           one.tls == other.tls && one.tls_required == other.tls_required &&
           one.login == other.login && one.routing_marks == other.routing_marks &&
           one.received == other.received && is_same_way(one, other);
}

} // namespace postseal::relay
