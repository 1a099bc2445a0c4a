// SPDX-License-Identifier: Apache-2.0
// Where the relay stands and what it allows: the values that config/ reads from postseal.yaml.
#pragma once

#include "policy/rules.hpp"
#include "smtp/dialogue.hpp"
#include "smtp/ip_network.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace postseal::relay {

enum class bare_newline {
    reject,    ///< read to the true end of data, then 550
    normalise, ///< a lone CR or LF becomes CRLF; the end of data stays CRLF.CRLF
};

struct endpoint {
    std::string host; ///< an IP address; for the next hop also a name
    std::uint16_t port = 0;
};

struct listener_settings {
    std::string name;
    endpoint address;
    smtp::protocol protocol = smtp::protocol::smtp;
    std::vector<smtp::ip_network> trusted; ///< peers that may connect, and whose XFORWARD counts
    relay::bare_newline bare_newline = relay::bare_newline::reject;
};

struct limits {
    std::uint64_t message_size = 50ULL << 20; ///< octets, before sealing
    std::uint64_t message_memory = 1ULL
                                   << 20; ///< octets; a larger message goes to an unlinked file
    std::size_t header_size = 1U << 20;   ///< octets of the header section
    std::size_t recipients = 1000;        ///< a transaction
    std::size_t sessions = 1000;          ///< at once, all listeners together
    std::size_t errors = 20;              ///< refused commands before 421
    std::chrono::seconds command_timeout{300}; ///< RFC 5321 §4.5.3.2.7
    std::chrono::seconds data_timeout{180};    ///< between two pieces of a message
    std::chrono::seconds drain{60};            ///< after SIGTERM, for transactions under way
};

/// What sessions read. A reload replaces the whole value; sessions that run keep the one they
/// started with.
struct settings {
    std::string hostname; ///< in greeting, EHLO and Received
    endpoint next_hop;
    std::filesystem::path spool; ///< folder for unlinked message files
    relay::limits limits;
    policy::rule_set policy;
};

} // namespace postseal::relay
