// SPDX-License-Identifier: Apache-2.0
// `message_ids:` of postseal.yaml: with what the policy's `message_id: hmac` disguises identifiers.
#pragma once

#include "config/yaml.hpp"
#include "message/message_ids.hpp"

#include <string>
#include <vector>

namespace postseal::config {

/// Reads the key file too. Throws config::error.
[[nodiscard]] message::id_disguise read_message_ids(const source& from, const node& value,
                                                    const std::vector<std::string>& local_domains);

} // namespace postseal::config
