// SPDX-License-Identifier: Apache-2.0
// Everything postseal.yaml says, as values. Every setting's default stands here and is shown in the
// commented example file.
#pragma once

#include "policy/rules.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace postseal::config {

enum class bare_newline {
    reject,    ///< read to the true end of data, then 550
    normalise, ///< a lone CR or LF becomes CRLF; the end of data stays CRLF.CRLF
};

/// A network in CIDR notation, "127.0.0.0/8", "::1".
struct network {
    std::string text;
};

struct endpoint {
    std::string host; ///< an IP address, or a name for the next hop
    std::uint16_t port = 0;
};

struct listener {
    std::string name;
    endpoint address;
    std::vector<network> trusted; ///< peers that may use it, and whose XFORWARD counts
    config::bare_newline bare_newline = config::bare_newline::reject;
};

struct wkd {
    std::chrono::milliseconds timeout{5000};
};

struct key_settings {
    std::vector<std::string> sources{"directory", "store", "wkd"};
    std::filesystem::path directory;            ///< empty: none
    std::filesystem::path store;                ///< SQLite file; empty: nothing is remembered
    config::wkd wkd;
    std::chrono::milliseconds deadline{10'000};
    std::vector<std::string> resolve;           ///< "host:port:address", as curl --resolve takes it
    std::vector<network> allow_networks;        ///< private networks that lookups may reach
    std::filesystem::path ca_file;              ///< certificates to trust besides the system's
};

struct limits {
    std::uint64_t message_size = 50ULL << 20;  ///< octets, before sealing
    std::uint64_t message_memory = 1ULL << 20; ///< octets; a larger message goes to an unlinked file
    std::size_t header_size = 1U << 20;        ///< octets of the header section
    std::size_t recipients = 1000;             ///< a transaction
    std::size_t sessions = 1000;               ///< at once, all listeners together
    std::size_t errors = 20;                   ///< refused commands before 421
    std::chrono::seconds command_timeout{300}; ///< RFC 5321 §4.5.3.2.7
    std::chrono::seconds data_timeout{180};    ///< between two pieces of a message
    std::chrono::seconds drain{60};            ///< after SIGTERM, for transactions under way
};

struct sealer_settings {
    std::filesystem::path executable; ///< empty: the installed one
    std::filesystem::path gpg = "/usr/bin/gpg";
    std::size_t workers = 2;
    std::chrono::milliseconds deadline{30'000};
};

struct settings {
    std::filesystem::path file;       ///< where this was read from
    std::string hostname;             ///< in greeting, EHLO and Received; default: the machine's
    std::vector<listener> listeners;  ///< at least one
    endpoint next_hop;
    std::vector<std::string> local_domains;
    std::filesystem::path spool;      ///< folder for unlinked message files
    std::filesystem::path runtime;    ///< folder on a tmpfs for the sealers' private homes
    key_settings keys;
    sealer_settings sealers;
    config::limits limits;
    policy::rule_set policy;          ///< from the policy file
};

/// Reads postseal.yaml and the policy file that it names. Relative paths are relative to the file.
/// Throws config::error.
[[nodiscard]] settings load(const std::filesystem::path& file);

} // namespace postseal::config
