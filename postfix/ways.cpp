// SPDX-License-Identifier: Apache-2.0
#include "postfix/ways.hpp"

#include <algorithm>

namespace postseal::postfix {

namespace {

constexpr std::uint16_t smtp_port = 25;

const listener* listener_at(const relay& ours, const endpoint& target) {
    for (const auto& one : ours.listeners) {
        if (leads_to(target, one.address)) return &one;
    }
    return nullptr;
}

// The service that carries mail: `scan` of `content_filter = scan:[127.0.0.1]:10025`.
const service* carrier_of(const configuration& read, std::string_view written) {
    return read.find(parse_transport(written).name, "unix");
}

const listener* listener_of_relayhost(const relay& ours, const configuration& read) {
    const auto target = parse_endpoint(read.main("relayhost"), smtp_port);
    return target ? listener_at(ours, *target) : nullptr;
}

void find_filters(const relay& ours, const configuration& read, std::vector<way>& ways) {
    for (const auto& one : read.services()) {
        const auto program = one.program();
        if (program == "smtpd") {
            if (const auto* to = proxied_to(ours, read.of(one, "smtpd_proxy_filter"))) {
                ways.push_back({place::before_queue, to, &one});
            }
        }
        if (program != "smtpd" && program != "pickup" && program != "qmqpd") continue;
        const auto filter = read.of(one, "content_filter");
        if (const auto* to = filtered_to(ours, filter)) {
            ways.push_back({place::after_queue, to, &one, carrier_of(read, filter)});
        }
    }
}

} // namespace

std::string_view to_string(place shown) {
    switch (shown) {
    case place::before_queue: return "before the queue";
    case place::after_queue: return "after the queue";
    case place::exit: return "at the exit";
    case place::front: return "in front";
    }
    return "?";
}

std::vector<way> find_ways(const relay& ours, const configuration& read) {
    std::vector<way> ways;
    find_filters(ours, read, ways);
    const auto exit = read.main("default_transport");
    const auto* at_exit = filtered_to(ours, exit);
    if (at_exit == nullptr && parse_transport(exit).written.empty()) {
        at_exit = listener_of_relayhost(ours, read);
    }
    if (const auto* to = at_exit) {
        const auto* carrier = carrier_of(read, exit);
        ways.push_back({place::exit, to, carrier, carrier});
    }
    // A re-injection listener that hands its mail to us once more is no way in: it is a loop.
    std::erase_if(ways, [&](const way& one) {
        return one.place != place::exit && service_at(read, one.to->next_hop) == one.from;
    });
    for (const auto& one : ours.listeners) {
        if (one.is_front()) {
            ways.push_back({place::front, &one, service_at(read, one.next_hop)});
        }
    }
    return ways;
}

bool is_public_port(std::uint16_t port) {
    constexpr std::uint16_t known[] = {smtp_port, 465, 587};
    return std::find(std::begin(known), std::end(known), port) != std::end(known);
}

std::string smarthost(const relay& ours, const configuration& read) {
    return listener_of_relayhost(ours, read) == nullptr ? read.main("relayhost") : std::string();
}

client_told learns_client(const configuration& read, const service& where) {
    if (!read.of(where, "smtpd_upstream_proxy_protocol").empty()) return client_told::by_proxy;
    if (!read.of(where, "smtpd_authorized_xclient_hosts").empty()) return client_told::by_xclient;
    return client_told::not_at_all;
}

const listener* proxied_to(const relay& ours, std::string_view proxy_filter) {
    const auto target = parse_endpoint(proxy_filter);
    return target ? listener_at(ours, *target) : nullptr;
}

const listener* filtered_to(const relay& ours, std::string_view content_filter) {
    for (const auto& target : parse_transport(content_filter).next_hops) {
        if (const auto* found = listener_at(ours, target)) return found;
    }
    return nullptr;
}

} // namespace postseal::postfix
