// SPDX-License-Identifier: Apache-2.0
#include "config/listeners.hpp"

#include "config/mapping.hpp"
#include "config/values.hpp"

#include <algorithm>

namespace postseal::config {

namespace {

constexpr std::size_t max_listeners = 64;
constexpr std::size_t max_name = 64;

std::string read_name(const source& from, const node& value) {
    auto name = read_text(from, value);
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    if (name.size() > max_name || !std::all_of(name.begin(), name.end(), allowed)) {
        from.fail(value.at, "'" + name + "' is no name for a listener: letters, digits, '-', '_'");
    }
    return name;
}

relay::endpoint read_listening_address(const source& from, const node& value) {
    auto address = read_endpoint(from, value);
    if (is_ip_address(address.host)) return address;
    from.fail(value.at, "'" + address.host +
                            "' is a name; a listener needs an IP address, which "
                            "cannot change behind its back");
}

// A network of everybody is no trust at all.
smtp::ip_network read_trusted(const source& from, const node& value) {
    const auto network = read_network(from, value);
    if (network.prefix_length == 0) {
        from.fail(value.at, "'" + value.text + "' trusts the whole world");
    }
    return network;
}

bool is_loopback(const relay::endpoint& address) {
    const auto parsed = smtp::parse_ip_network(address.host);
    return parsed && parsed->base.is_loopback();
}

const std::vector<smtp::ip_network>& this_machine() {
    static const std::vector<smtp::ip_network> networks{
        smtp::parse_ip_network("127.0.0.0/8").value(), smtp::parse_ip_network("::1").value()};
    return networks;
}

relay::listener_settings read_listener(const source& from, const node& value) {
    const mapping block(from, value, "a listener",
                        {"name", "address", "protocol", "trusted", "bare_newline"});
    relay::listener_settings made;
    made.name = read_name(from, block.need("name", "logs call the listener by it"));
    const auto& address = block.need("address", "an IP address and a port");
    made.address = read_listening_address(from, address);
    block.take(
        "protocol", made.protocol,
        word_of<smtp::protocol>({{"smtp", smtp::protocol::smtp}, {"lmtp", smtp::protocol::lmtp}}));
    block.take("bare_newline", made.bare_newline,
               word_of<relay::bare_newline>({{"reject", relay::bare_newline::reject},
                                             {"normalise", relay::bare_newline::normalise}}));
    block.take("trusted", made.trusted, list_of(read_trusted));
    if (!made.trusted.empty()) return made;

    if (!is_loopback(made.address)) {
        from.fail(address.at, "'" + made.name +
                                  "' can be reached from outside this machine, so it " +
                                  "needs 'trusted': the networks of the mail servers that may "
                                  "connect");
    }
    made.trusted = this_machine();
    return made;
}

} // namespace

std::vector<relay::listener_settings> read_listeners(const source& from, const node& value) {
    auto listeners = list_of(read_listener)(from, value);
    if (listeners.size() > max_listeners) from.fail(value.at, "are more than 64 listeners");
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const auto& one = listeners[i];
            const auto& other = listeners[j];
            if (one.name == other.name) {
                from.fail(value.items[i].at, "a second listener is called '" + one.name + "'");
            }
            if (one.address.host == other.address.host && one.address.port == other.address.port) {
                from.fail(value.items[i].at,
                          "'" + one.name + "' has the address of '" + other.name + "'");
            }
        }
    }
    return listeners;
}

} // namespace postseal::config
