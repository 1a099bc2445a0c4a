// SPDX-License-Identifier: Apache-2.0
// Service extensions (RFC 5321 §2.2): what a next hop offers, and what a client is offered: ours
// and theirs, by allow-list. What is unknown is never offered.
#pragma once

#include "smtp/reply.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::smtp {

struct extensions {
    bool pipelining = false;             ///< RFC 2920
    bool eight_bit_mime = false;         ///< RFC 6152
    bool enhanced_status_codes = false;  ///< RFC 2034
    bool dsn = false;                    ///< RFC 3461
    bool smtputf8 = false;               ///< RFC 6531
    bool auth = false;                   ///< RFC 4954: any, so AUTH= on MAIL is understood
    std::vector<std::string> mechanisms; ///< of AUTH, upper case; only those that we let through
    bool starttls = false;               ///< RFC 3207
    bool chunking = false;               ///< RFC 3030
    bool requiretls = false;             ///< RFC 8689; only where our connection to it is verified
    bool size = false;                   ///< RFC 1870
    std::uint64_t size_limit = 0;        ///< octets; 0: offered without a limit
    std::vector<std::string> xforward;   ///< attribute names, upper case; empty: not offered
    std::vector<std::string> xclient;    ///< the same; ours to say, and never offered to a client
    bool operator==(const extensions&) const = default;
};

/// The attributes of XCLIENT that we can say (xclient.hpp).
inline constexpr std::array<std::string_view, 9> xclient_attributes = {
    "NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT", "REVERSE_NAME"};

/// Reads a 250 answer to EHLO (the first line is a greeting).
[[nodiscard]] extensions read_extensions(const reply& ehlo_reply);

/// May the client send XFORWARD?
enum class client_trust { stranger, trusted };

/// What we for our part can do for a client now.
struct own_offer {
    std::uint64_t message_size = 0; ///< octets; 0: no limit of ours
    client_trust trust = client_trust::stranger;
    bool starttls = false;
    bool login = false;      ///< AUTH, with the next hop's mechanisms
    bool requiretls = false; ///< the client's own connection has TLS
};

/// The EHLO reply for a client. PIPELINING, CHUNKING, SIZE, STARTTLS and XFORWARD end here, so they
/// are offered whatever the next hop does; the rest needs it. SIZE names the tighter limit of both,
/// for it may well turn out that nothing is sealed.
[[nodiscard]] reply ehlo_reply(const std::string& hostname, const extensions& next_hop,
                               const own_offer& ours);

/// Does AUTH with `mechanism` (upper case) work through a relay, and leave the session readable?
/// Not so what is bound to a TLS connection, which would be ours (-PLUS, EXTERNAL), and what may
/// negotiate a layer of its own (GSSAPI, DIGEST-MD5, NTLM; RFC 4954 §4). What we do not know is
/// not.
[[nodiscard]] bool is_let_through(std::string_view mechanism);

} // namespace postseal::smtp
