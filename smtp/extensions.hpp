// SPDX-License-Identifier: Apache-2.0
// Service extensions (RFC 5321 §2.2): what a next hop offers, and what a client is offered: ours
// and theirs, by allow-list. What is unknown is never offered.
#pragma once

#include "smtp/reply.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace postseal::smtp {

struct extensions {
    bool pipelining = false;            ///< RFC 2920
    bool eight_bit_mime = false;        ///< RFC 6152
    bool enhanced_status_codes = false; ///< RFC 2034
    bool dsn = false;                   ///< RFC 3461
    bool smtputf8 = false;              ///< RFC 6531
    bool auth = false;                  ///< RFC 4954: only whether AUTH= on MAIL is understood
    bool size = false;                  ///< RFC 1870
    std::uint64_t size_limit = 0;       ///< octets; 0: offered without a limit
    std::vector<std::string> xforward;  ///< attribute names, upper case; empty: not offered
    bool operator==(const extensions&) const = default;
};

/// Reads a 250 answer to EHLO (the first line is a greeting).
[[nodiscard]] extensions read_extensions(const reply& ehlo_reply);

/// May the client send XFORWARD?
enum class client_trust { stranger, trusted };

/// Octets that remain for a client's message when the next hop takes `limit` after sealing: armor
/// grows it by 1.375, headers and session keys by a constant. 0 stays 0 (no limit).
[[nodiscard]] std::uint64_t size_before_sealing(std::uint64_t limit);

/// Octets that a client's message of `size` octets may have once it is sealed; the other way round.
[[nodiscard]] std::uint64_t size_after_sealing(std::uint64_t size);

/// The EHLO reply for a client. `message_size` is our own limit in octets (0: none). PIPELINING,
/// SIZE and XFORWARD end here, so they are offered whatever the next hop does; the rest needs it.
[[nodiscard]] reply ehlo_reply(const std::string& hostname, const extensions& next_hop,
                               std::uint64_t message_size, client_trust trust);

} // namespace postseal::smtp
