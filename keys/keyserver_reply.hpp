// SPDX-License-Identifier: Apache-2.0
// What one answer of a keyserver says about an address. No I/O.
#pragma once

#include "keys/https.hpp"
#include "keys/keyserver_url.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace postseal::keys {

enum class keyserver_reply {
    keys,     ///< 200, and what came could be OpenPGP
    no_key,   ///< 404 or 410: never more than this server's own word
    refused,  ///< 400, 414, 422: it cannot look up such an address
    too_many, ///< 429: it has been asked too often
    useless,  ///< 500, too much, HTML, several keys where one is allowed: about this address only
    failed,   ///< everything else: it does not serve us now
};

struct keyserver_reading {
    keyserver_reply what = keyserver_reply::failed;
    std::string reason; ///< a clause for a person, to follow the server's name
};

/// Redirects are failures: an administrator has named this server and no other.
[[nodiscard]] keyserver_reading read_keyserver_reply(keyserver::protocol speaks,
                                                     const https_answer& answer);

} // namespace postseal::keys
