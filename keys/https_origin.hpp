// SPDX-License-Identifier: Apache-2.0
// Of whom a URL is asked, as libcurl reads it. No I/O.
#pragma once

#include "keys/https.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace postseal::keys {

struct https_origin {
    std::string host; ///< in lower case
    std::uint16_t port = 0;
};

/// Nothing where the URL is no https URL, nor an http one that the administrator has chosen, or
/// carries a user name.
[[nodiscard]] std::optional<https_origin> read_origin(const https_request& request);

} // namespace postseal::keys
