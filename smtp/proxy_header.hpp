// SPDX-License-Identifier: Apache-2.0
// The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt, §2.1 and §2.2): before
// anything else is said, a load balancer tells whose connection it passes on, and so do we to the
// next hop. It is authority: who may say it is for the caller to check, and where it is expected,
// nothing else is taken.
// Fails: a header that is not exactly right ends the connection. Nothing of it is ever guessed.
// Limits: max_proxy_line for version 1, max_proxy_block for version 2.
#pragma once

#include "smtp/ip_endpoint.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace postseal::smtp {

/// Octets of a version 1 line with its CRLF (§2.1).
inline constexpr std::size_t max_proxy_line = 107;
/// Octets behind the first 16 of version 2: addresses and TLVs. Balancers send some hundred.
inline constexpr std::size_t max_proxy_block = 4096;

/// A client's connection as the balancer sees it.
struct proxied_connection {
    ip_endpoint source;      ///< the client
    ip_endpoint destination; ///< what the client has connected to
    bool operator==(const proxied_connection&) const = default;
};

namespace proxy_step {
/// The header goes on.
struct more {};
struct complete {
    std::size_t consumed; ///< octets of this piece that belong to the header; the rest is SMTP
    /// Nothing for LOCAL, UNSPEC and UNKNOWN: the balancer speaks for itself (a health check), or
    /// does not know for whom. Such a connection comes from the balancer's own address, and must
    /// never be passed on as if it were a client's.
    std::optional<proxied_connection> client;
};
/// Close without a word (§2: nothing is said before a valid header).
struct malformed {
    std::string_view why; ///< for the log
};
} // namespace proxy_step

using proxy_next = std::variant<proxy_step::more, proxy_step::complete, proxy_step::malformed>;

/// Reads one header of either version, in pieces of any size. What cannot become a header is
/// malformed at the first octet that shows it.
///
/// Stricter than the specification has to be: a client that comes over UDP or a UNIX socket is
/// refused (the specification would have it count as the balancer itself, and with its rights), and
/// so is any TLV that does not fit. A checksum (PP2_TYPE_CRC32C) is verified where there is one.
/// Looser only in this: IPv6 addresses are taken in any spelling that names one address, as
/// balancers differ there.
class proxy_header_reader {
  public:
    /// After `complete` or `malformed` the reader is of no further use.
    [[nodiscard]] proxy_next feed(std::string_view piece);

    /// Octets that still belong to the header, at the least: a caller who takes no more leaves what
    /// follows, a TLS handshake perhaps, where it is.
    [[nodiscard]] std::size_t wanted() const;

  private:
    [[nodiscard]] proxy_next judge() const;

    std::string header_; ///< never more than the header itself
};

/// A version 2 header for the next hop: PROXY, TCP, and always with addresses, for LOCAL would give
/// the client our own rights there.
///
/// One family holds both addresses, and it is the source's, as it is the source that access rules
/// compare: an IPv4 client in an IPv6 block would match none of them. A destination of the other
/// family is only logged there: IPv4 is written as IPv4 inside IPv6, and IPv6 in an IPv4 block as
/// 0.0.0.0 (not known). Its port stays.
[[nodiscard]] std::string proxy_header_v2(const ip_endpoint& source,
                                          const ip_endpoint& destination);

} // namespace postseal::smtp
