// SPDX-License-Identifier: Apache-2.0
#include "postfix/address.hpp"

#include "smtp/ip_network.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace postseal::postfix {

namespace {

constexpr std::uint16_t lmtp_port = 24;

std::optional<std::uint16_t> port_of(std::string_view text) {
    // The names that master.cf is written with; /etc/services is not read here.
    constexpr std::pair<std::string_view, std::uint16_t> known[] = {{"smtp", 25},
                                                                    {"smtps", 465},
                                                                    {"submissions", 465},
                                                                    {"submission", 587},
                                                                    {"lmtp", lmtp_port}};
    for (const auto& [name, port] : known) {
        if (text == name) return port;
    }
    std::uint16_t port = 0;
    const auto* const end = text.data() + text.size();
    const auto done = std::from_chars(text.data(), end, port);
    if (text.empty() || done.ec != std::errc{} || done.ptr != end || port == 0) return std::nullopt;
    return port;
}

std::string without_brackets(std::string_view host) {
    if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    return std::string(host);
}

// "host:port" to its halves; an address in brackets has colons of its own.
std::pair<std::string_view, std::string_view> halves(std::string_view text) {
    const auto colon = text.rfind(':');
    const auto bracket = text.rfind(']');
    if (colon == text.npos || (bracket != text.npos && colon < bracket)) return {text, {}};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_any(std::string_view host) {
    return host.empty() || host == "0.0.0.0" || host == "::" || host == "all";
}

bool same_host(std::string_view a, std::string_view b) {
    const auto one = address_of(a);
    const auto other = address_of(b);
    return one && other ? *one == *other : a == b;
}

bool interfaces_take(std::string_view interfaces, std::string_view host) {
    for (const auto& one : words(interfaces)) {
        if (one == "all") return true;
        if (one == "loopback-only" ? is_loopback(host) : same_host(without_brackets(one), host)) {
            return true;
        }
        if (one == "localhost" && is_loopback(host)) return true;
    }
    return false;
}

// One entry of a host list; IPv6 stands in brackets ("[::1]/128"), and IPv4 may stand inside it:
// Debian writes "[::ffff:127.0.0.0]/104".
std::optional<smtp::ip_network> network_of(std::string_view entry) {
    constexpr std::string_view mapped = "[::ffff:";
    constexpr unsigned mapped_bits = 96;
    const auto close = entry.find(']');
    if (!entry.starts_with('[') || close == entry.npos) return smtp::parse_ip_network(entry);
    const auto behind = std::string(entry.substr(close + 1));
    if (!entry.starts_with(mapped) || entry.find('.') == entry.npos) {
        return smtp::parse_ip_network(std::string(entry.substr(1, close - 1)) + behind);
    }
    const auto inner = entry.substr(mapped.size(), close - mapped.size());
    auto read = smtp::parse_ip_network(inner);
    if (!read || behind.empty()) return read;
    unsigned bits = 0;
    const auto digits = std::string_view(behind).substr(1);
    const auto done = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (done.ec != std::errc{} || bits < mapped_bits || bits > 128) return std::nullopt;
    return smtp::parse_ip_network(std::string(inner) + "/" + std::to_string(bits - mapped_bits));
}

bool is_loopback(const smtp::ip_network& one) {
    const auto least = one.base.is_v4() ? 8U : 128U;
    return one.base.is_loopback() && one.prefix_length >= least;
}

} // namespace

std::string to_string(const endpoint& shown) {
    const bool colons = shown.host.find(':') != std::string::npos;
    return (colons ? "[" + shown.host + "]" : shown.host) + ":" + std::to_string(shown.port);
}

std::optional<smtp::ip_address> address_of(std::string_view host) {
    if (host == "localhost") return smtp::parse_ip_address("127.0.0.1");
    return smtp::parse_ip_address(host);
}

bool is_loopback(std::string_view host) {
    const auto address = address_of(host);
    return address && address->is_loopback();
}

std::optional<endpoint> listens_at(const service& one) {
    if (one.type != "inet") return std::nullopt;
    const auto [host, written] = halves(one.name);
    if (const auto alone = port_of(one.name)) return endpoint{{}, *alone};
    const auto port = port_of(written);
    if (!port) return std::nullopt;
    return endpoint{without_brackets(host), *port};
}

bool reachable_from_outside(const configuration& read, const service& one) {
    const auto where = listens_at(one);
    if (!where) return one.type == "inet" || one.type == "pass";
    if (!is_any(where->host)) return !is_loopback(where->host);
    const auto interfaces = words(read.main("inet_interfaces"));
    return !std::all_of(interfaces.begin(), interfaces.end(), [](const std::string& name) {
        return name == "loopback-only" || is_loopback(without_brackets(name));
    });
}

const service* service_at(const configuration& read, const endpoint& where) {
    for (const auto& one : read.services()) {
        const auto bound = listens_at(one);
        if (!bound || bound->port != where.port) continue;
        if (bound->host.empty() ? interfaces_take(read.main("inet_interfaces"), where.host)
                                : is_any(bound->host) || same_host(bound->host, where.host)) {
            return &one;
        }
    }
    return nullptr;
}

std::optional<endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port) {
    if (text.starts_with("unix:")) return std::nullopt;
    if (text.starts_with("inet:")) text.remove_prefix(5);
    if (const auto alone = port_of(text); alone && default_port == 0) {
        return endpoint{"localhost", *alone};
    }
    const auto [host, written] = halves(text);
    if (written.empty()) {
        if (host.empty() || default_port == 0) return std::nullopt;
        return endpoint{without_brackets(host), default_port};
    }
    const auto port = port_of(written);
    if (!port) return std::nullopt;
    return endpoint{host.empty() ? "localhost" : without_brackets(host), *port};
}

transport parse_transport(std::string_view text) {
    const auto colon = text.find(':');
    transport made{std::string(text.substr(0, colon)), {}, {}};
    if (colon == text.npos) return made;
    made.written = text.substr(colon + 1);
    for (const auto& one : words(made.written)) {
        if (const auto where = parse_endpoint(one, lmtp_port)) made.next_hops.push_back(*where);
    }
    return made;
}

bool leads_to(const endpoint& target, const endpoint& listener) {
    if (target.port != listener.port) return false;
    if (is_any(listener.host) || same_host(target.host, listener.host)) return true;
    if (target.host == "localhost" && is_loopback(listener.host)) return true;
    return !address_of(target.host) && !address_of(listener.host).has_value();
}

listed names_address(std::string_view list, const smtp::ip_address& address) {
    auto otherwise = listed::no;
    for (const auto& entry : words(list)) {
        const std::string_view whole = entry;
        const bool negated = whole.starts_with('!');
        const auto pattern = negated ? whole.substr(1) : whole;
        if (pattern == "static:all") return negated ? listed::no : listed::yes;
        if (const auto network = network_of(pattern)) {
            if (smtp::contains(*network, address)) return negated ? listed::no : listed::yes;
        } else if (pattern == "localhost" && address.is_loopback()) {
            return negated ? listed::no : listed::yes;
        } else if (!pattern.starts_with('[') &&
                   (pattern.find(':') != pattern.npos || pattern.starts_with('/'))) {
            otherwise = listed::unclear; // a table or a file
        }
    }
    return otherwise;
}

std::string beyond_loopback(std::string_view list) {
    for (const auto& entry : words(list)) {
        if (entry.starts_with('!') || entry == "localhost") continue;
        const auto network = network_of(entry);
        if (!network || !is_loopback(*network)) return entry;
    }
    return {};
}

} // namespace postseal::postfix
