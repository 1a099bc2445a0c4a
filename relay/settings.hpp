// SPDX-License-Identifier: Apache-2.0
// Where the relay stands and what it allows: the values that config/ reads from postseal.yaml.
#pragma once

#include "message/message_ids.hpp"
#include "policy/rules.hpp"
#include "relay/spool_quota.hpp"
#include "relay/spool_schedule.hpp"
#include "relay/tls_context.hpp"
#include "smtp/data_reader.hpp"
#include "smtp/dialogue.hpp"
#include "smtp/ip_network.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace postseal::relay {

struct endpoint {
    std::string host; ///< an IP address; for the next hop also a name
    std::uint16_t port = 0;
};

/// Whether the way to the next hop is encrypted. STARTTLS, where it is.
enum class hop_tls {
    none,
    opportunistic, ///< where it is offered; in clear where that fails
    verified,      ///< or no mail goes there
};

/// How the next hop learns who the client is, so that its access control works as before.
enum class introduction {
    none,    ///< it sees our own address, and what XFORWARD tells it
    proxy,   ///< PROXY protocol, version 2
    xclient, ///< Postfix XCLIENT_README
};

struct next_hop_settings {
    endpoint address;
    hop_tls tls = hop_tls::none;
    peer_proof proof;    ///< by `nothing` where tls is not verified
    tls_context context; ///< none where tls is none
    relay::introduction introduction = relay::introduction::none;
    bool keep = true; ///< a connection for the next client of a filter, which is not introduced
};

/// Where a listener stands.
enum class place {
    filter, ///< behind a mail server, which has done TLS, AUTH and access control
    front,  ///< before it: clients from anywhere
};

/// Whether our own Received field, by which we know what comes back, stands in each message.
enum class own_received {
    always,
    after_a_trace, ///< not where the message has none: no server has had it, so we have not either
};

enum class tls_start {
    never,
    on_request, ///< STARTTLS (RFC 3207)
    at_once,    ///< implicit TLS (RFC 8314 §3.3)
};

struct listener_settings {
    std::string name;
    endpoint address;
    relay::place place = relay::place::filter;
    smtp::protocol protocol = smtp::protocol::smtp;
    std::vector<smtp::ip_network> trusted; ///< of a filter: who may connect, whose XFORWARD counts
    std::vector<smtp::ip_network> balancers; ///< of a front: who has to send a PROXY header
    tls_start tls = tls_start::never;
    tls_context certificates;  ///< where TLS may start
    bool tls_required = false; ///< nothing works before it
    smtp::login_rule login = smtp::login_rule::refused;
    smtp::routing_marks routing_marks = smtp::routing_marks::refused;
    smtp::newline_rule bare_newline = smtp::newline_rule::reject;
    own_received received = own_received::always; ///< of a filter, which all mail has a trace at
    next_hop_settings next_hop;
    std::string probe; ///< of a front: foreign address that a stranger must not reach through it
};

struct limits {
    std::uint64_t message_size = 50ULL << 20; ///< octets, before sealing
    std::uint64_t message_memory = 1ULL
                                   << 20; ///< octets; a larger message goes to an unlinked file
    std::size_t header_size = 1U << 20;   ///< octets of the header section
    std::size_t recipients = 1000;        ///< a transaction
    std::size_t sessions = 1000;          ///< at once, all listeners together
    std::size_t sessions_per_client = 50; ///< of them, at front listeners; 0: no limit
    std::size_t errors = 20;              ///< refused commands before 421
    std::size_t passes = 4;               ///< of one message through relays that share a trace_key
    std::chrono::seconds command_timeout{300}; ///< RFC 5321 §4.5.3.2.7
    std::chrono::seconds data_timeout{180};    ///< for a message that does not come on
    std::uint64_t data_rate = 500;             ///< octets a second of a message; 0: no limit
    std::chrono::seconds client_patience{90};  ///< for the answer to a message, at the least
    std::chrono::seconds drain{60};            ///< after SIGTERM, for transactions under way
};

/// How held mail, which waits for key servers, leaves time for other mail and for each other.
struct held_pace {
    /// In one round, once the mail that only has to be sent is under way. One entry is looked at in
    /// each round however short it is.
    std::chrono::seconds turn{10};
    std::chrono::milliseconds slow{2000}; ///< a look that has taken so long for nothing …
    std::chrono::seconds rest{60};        ///< … is the last one at those domains for so long
};

/// What becomes of mail that is still owed. It goes out without the user who sent it, whose login
/// has gone: so to a next hop that takes mail from us as it is.
struct spool_settings {
    next_hop_settings next_hop; ///< without a host: there is none, and mail waits
    retry_rule retry;
    spool_quota quota;
    std::size_t connections = 2; ///< at once
    held_pace held;
    /// Sealed copies for blind recipients that are sent while the client waits; more go this way.
    std::ptrdiff_t blind_at_once = 10;
};

/// What sessions read. A reload replaces the whole value; a message goes by the one that it began
/// with.
struct settings {
    std::string hostname;                     ///< in greeting, EHLO and Received
    std::vector<listener_settings> listeners; ///< at least one
    std::filesystem::path spool;              ///< folder for unlinked message files
    spool_settings owed;                      ///< the mail in a folder below it
    message::id_disguise message_ids;         ///< where policy says `message_id: hmac`
    smtp::mailbox postmaster;                 ///< in the local domains; reports come from there
    relay::limits limits;
    policy::rule_set policy;
    /// The same with every rule in force; null where none only observes.
    std::shared_ptr<const settings> in_force;
};

} // namespace postseal::relay
