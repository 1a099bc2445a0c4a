// SPDX-License-Identifier: Apache-2.0
// What one answer of a web server says about a Web Key Directory, and where a redirect may lead.
// No I/O.
#pragma once

#include "keys/https.hpp"
#include "keys/wkd_url.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace postseal::keys {

enum class wkd_reply {
    keys,         ///< 200, and what came could be OpenPGP
    no_key,       ///< 404 or 410: the directory knows no such address
    refused,      ///< another 4xx; a 401 is never answered
    moved,        ///< a redirect that GET may follow
    too_much,     ///< 200 with more than any key may be: nobody can use it, nor will tomorrow
    try_later,    ///< 429, 5xx, name servers that say nothing
    no_address,   ///< no such host, or none that the public Internet can reach
    behind_proxy, ///< the proxy could not reach it; perhaps it does not exist
    wrong_name,   ///< the certificate is good, but for another host
    no_directory, ///< something else lives there, or nothing: refused, silent, bad TLS, HTML
};

struct wkd_reading {
    wkd_reply what = wkd_reply::no_directory;
    std::string reason; ///< a clause for a person, to follow the host's name
};

[[nodiscard]] wkd_reading read_wkd_reply(const https_answer& answer);

/// The URL to ask next when `from` redirects to `location`; nothing where it is not followed: other
/// than https on port 443, an address, a reserved or local name.
/// Between the domain's two hosts and within one host the whole of `location` counts. Elsewhere
/// only its host does, with the path and query of `from`: a web server whose redirects are easily
/// steered must not make us send requests of somebody's choice (GnuPG has the same rule).
[[nodiscard]] std::optional<std::string> follow_redirect(const wkd_urls& directory,
                                                         std::string_view from,
                                                         std::string_view location,
                                                         special_use_names reserved);

} // namespace postseal::keys
