// SPDX-License-Identifier: Apache-2.0
#include "relay/origin.hpp"

#include "smtp/xforward.hpp"

#include <algorithm>

namespace postseal::relay {

namespace {

// The mail server before a filter is nobody's client, and neither is a balancer that speaks for
// itself, or does not know for whom: a rule about its address would hold for everybody's mail.
std::optional<smtp::ip_address> client_of(const listener_settings& on, const smtp::ip_address& seen,
                                          const smtp::dialogue& said) {
    if (on.place == place::filter) return smtp::xforward_client(said.forwarded());
    const bool balancer = std::ranges::any_of(
        on.balancers, [&](const auto& network) { return smtp::contains(network, seen); });
    if (balancer) return std::nullopt;
    return seen;
}

} // namespace

bool can_know(const listener_settings& on, policy::fact what) {
    const bool front = on.place == place::front;
    switch (what) {
    case policy::fact::listener:
    case policy::fact::client: return true;
    case policy::fact::tls:
    case policy::fact::authenticated: return front;
    case policy::fact::login: return front && on.login != smtp::login_rule::refused;
    }
    return false;
}

policy::origin origin_of(const listener_settings& on, const smtp::ip_address& seen,
                         const smtp::dialogue& said) {
    policy::origin known;
    known.listener = on.name;
    known.client = client_of(on, seen, said);
    if (can_know(on, policy::fact::tls)) known.tls = said.tls_active();
    if (can_know(on, policy::fact::authenticated)) known.authenticated = said.authenticated();
    if (can_know(on, policy::fact::login)) known.login = said.login();
    return known;
}

} // namespace postseal::relay
