// SPDX-License-Identifier: Apache-2.0
// The HTTPS GET that sources use, as an injected function: libcurl on its own thread in the program
// (keys/https_client), a table in tests.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace postseal::keys {

/// Who has chosen where a request goes.
enum class chosen_by {
    correspondent, ///< whoever writes to the address: https on port 443 only
    administrator, ///< the configuration names the server: plain http and any port, if it says so
};

struct https_request {
    std::string url;
    std::chrono::milliseconds timeout{5000};
    std::size_t max_body = 256 * 1024; ///< octets
    chosen_by chosen = chosen_by::correspondent;
    /// "http://host:port" or "socks5h://host:port"; empty: none, whatever the environment says. A
    /// proxy resolves names itself and has to do the address filter's work.
    std::string proxy;
};

enum class https_status {
    answered,        ///< `code`, `body` and `location` are there
    no_such_host,    ///< the name servers say that the name has no address
    resolver_failed, ///< the name servers said nothing: no evidence of anything
    unreachable,     ///< refused, no route, connection lost
    forbidden_peer,  ///< the address filter refused where the name led (SSRF)
    tls_failed,      ///< certificate or handshake
    tls_wrong_name,  ///< a certificate that is trusted, but for another host
    timed_out,       ///< the name has an address
    body_too_large,  ///< of a 200
    too_large,       ///< a header, or more than there is memory for
    proxy_failed,    ///< the proxy could not reach the host: for the host's reasons, or its own
    not_asked,       ///< or not for long enough, for reasons of ours: no evidence of anything
};

struct https_answer {
    https_status status = https_status::unreachable;
    int code = 0;
    std::string body; ///< of a 200; nothing else is worth reading
    std::string content_type;
    std::string location; ///< of a redirect, absolute; never followed by the client itself
    std::chrono::seconds retry_after{0}; ///< as the server asks for it (RFC 9110 §10.2.3); 0: not
    std::string detail;                  ///< for a person
};

using https_get = std::function<boost::asio::awaitable<https_answer>(https_request)>;

} // namespace postseal::keys
