// SPDX-License-Identifier: Apache-2.0
#include "relay/client_introduction.hpp"

namespace postseal::relay {

namespace {

constexpr auto nobodys_address = "192.0.2.1";
constexpr std::uint16_t nobodys_port = 49152;

} // namespace

client_introduction introduce(const listener_settings& on, const smtp::proxied_connection& client) {
    client_introduction made;
    switch (on.next_hop.introduction) {
    case introduction::none: break;
    case introduction::proxy:
        made.proxy_header = smtp::proxy_header_v2(client.source, client.destination);
        break;
    case introduction::xclient: made.client = client; break;
    }
    return made;
}

client_introduction introduce_stranger(const listener_settings& on) {
    const auto stranger = smtp::parse_ip_address(nobodys_address).value();
    const auto here = smtp::parse_ip_address(on.address.host).value_or(stranger);
    return introduce(on, {{stranger, nobodys_port}, {here, on.address.port}});
}

} // namespace postseal::relay
