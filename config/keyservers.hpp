// SPDX-License-Identifier: Apache-2.0
// `keys.keyservers`, and proxies, which other sources may have too.
#pragma once

#include "config/yaml.hpp"
#include "keys/keyserver_settings.hpp"

#include <string>
#include <vector>

namespace postseal::config {

/// "http://host:port" or "socks5h://host:port", as keys::https_request has it.
[[nodiscard]] std::string read_proxy(const source& from, const node& value);

/// "1/m", "5/s", "100/h", or "none".
[[nodiscard]] keys::rate read_rate(const source& from, const node& value);

/// A list of `{ url, ask_for, rate, burst, timeout, proxy }`, none of them twice.
[[nodiscard]] std::vector<keys::keyserver_settings> read_keyservers(const source& from,
                                                                    const node& value);

} // namespace postseal::config
