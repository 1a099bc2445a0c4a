// SPDX-License-Identifier: Apache-2.0
// Where postseal stands, derived from what Postfix says: which of its services hand mail to which
// listener, and to which service that listener's next hop leads.
#pragma once

#include "postfix/address.hpp"
#include "postfix/configuration.hpp"
#include "smtp/dialogue.hpp"
#include "smtp/ip_network.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::postfix {

/// How postseal speaks to a next hop.
enum class hop_tls { none, opportunistic, verified };

/// How a mail server learns the address of a client that has connected to somebody else.
enum class client_told { not_at_all, by_proxy, by_xclient };

struct listener {
    std::string name;
    endpoint address;
    smtp::protocol protocol = smtp::protocol::smtp;
    std::vector<smtp::ip_network> trusted; ///< empty: everybody may connect
    endpoint next_hop;
    hop_tls tls = hop_tls::none;                        ///< to the next hop
    client_told introduces = client_told::not_at_all;   ///< a front does, and no other
    smtp::login_rule login = smtp::login_rule::refused; ///< of a front

    [[nodiscard]] bool is_front() const { return introduces != client_told::not_at_all; }
};

/// What a judgement has to know of postseal.yaml.
struct relay {
    std::vector<listener> listeners;
    std::uint64_t message_size = 0;          ///< octets before sealing
    std::size_t sessions = 0;                ///< at once
    std::chrono::seconds patience{0};        ///< lookups and sealing of one message, at most
    std::chrono::seconds client_patience{0}; ///< within which a client surely waits for its answer
};

enum class place {
    before_queue, ///< smtpd_proxy_filter
    after_queue,  ///< content_filter
    exit,         ///< default_transport, or relayhost
    front,        ///< clients connect to postseal itself
};

[[nodiscard]] std::string_view to_string(place shown);

/// One way of mail to a listener.
struct way {
    postfix::place place;
    const postfix::listener* to;
    const service* from;              ///< smtpd or pickup; at the exit the transport, at the front
                                      ///< the private smtpd behind postseal
    const service* carrier = nullptr; ///< the smtp or lmtp service that content_filter or
                                      ///< default_transport names; nothing where there is none
};

[[nodiscard]] std::vector<way> find_ways(const relay& ours, const configuration& read);

/// 25, 465 and 587: those on which others connect by themselves.
[[nodiscard]] bool is_public_port(std::uint16_t port);

/// relayhost, where that is not postseal itself.
[[nodiscard]] std::string smarthost(const relay& ours, const configuration& read);

/// What this smtpd expects, of both ways to learn the real client's address.
[[nodiscard]] client_told learns_client(const configuration& read, const service& where);

/// The listener to which the value of smtpd_proxy_filter, or of content_filter, leads.
[[nodiscard]] const listener* proxied_to(const relay& ours, std::string_view proxy_filter);
[[nodiscard]] const listener* filtered_to(const relay& ours, std::string_view content_filter);

} // namespace postseal::postfix
