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

struct https_request {
    std::string url; ///< https only
    std::chrono::milliseconds timeout{5000};
    std::size_t max_body = 256 * 1024; ///< octets
};

enum class https_status {
    answered,       ///< `code`, `body` and `location` are there
    no_such_host,   ///< the name has no address
    unreachable,    ///< refused, no route, connection lost
    forbidden_peer, ///< the address filter refused where the name led (SSRF)
    tls_failed,     ///< certificate or handshake
    timed_out,
    too_large,
};

struct https_answer {
    https_status status = https_status::unreachable;
    int code = 0;
    std::string body;
    std::string content_type;
    std::string location; ///< of a redirect; never followed by the client itself
    std::string detail;   ///< for a person
};

using https_get = std::function<boost::asio::awaitable<https_answer>(https_request)>;

} // namespace postseal::keys
