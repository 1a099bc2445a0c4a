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
    bool for_keys = true;                    ///< asked for addresses, by `limit`
    bool for_revocations =
        true; ///< asked for the fingerprints of keys in use, by fingerprint_limit

    bool operator==(const keyserver_settings&) const = default;
};

/// What keys.openpgp.org publishes for look-ups by address: one a minute from one client; short
/// bursts are let through, without a word on how long. Hagrid, its software, is shipped like this,
/// so every VKS server is asked so. HKP has no such number: no limit.
/// Of questions by fingerprint: what keys.openpgp.org takes, and any server should.
inline constexpr rate fingerprint_limit{5, std::chrono::seconds(1), 5};

[[nodiscard]] rate usual_limit(const keyserver& server);

} // namespace postseal::keys
