// SPDX-License-Identifier: Apache-2.0
// What an administrator says about one keyserver. No I/O.
#pragma once

#include "keys/keyserver_url.hpp"
#include "keys/token_bucket.hpp"

#include <chrono>
#include <string>

namespace postseal::keys {

struct keyserver_settings {
    keyserver server;
    rate limit;
    std::chrono::milliseconds timeout{5000}; ///< of one request
    std::string proxy;                       ///< as https_request has it

    bool operator==(const keyserver_settings&) const = default;
};

/// What keys.openpgp.org publishes for look-ups by address: one a minute from one client; short
/// bursts are let through, without a word on how long. Hagrid, its software, is shipped like this,
/// so every VKS server is asked so. HKP has no such number: no limit.
[[nodiscard]] rate usual_limit(const keyserver& server);

} // namespace postseal::keys
