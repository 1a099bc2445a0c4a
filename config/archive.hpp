// SPDX-License-Identifier: Apache-2.0
// `archive`: the mailbox inside that gets a copy in clear.
#pragma once

#include "config/yaml.hpp"
#include "policy/rules.hpp"
#include "smtp/mailbox.hpp"

#include <optional>

namespace postseal::config {

/// An address in the local domains of `known`; nothing for "none". Throws config::error.
[[nodiscard]] std::optional<smtp::mailbox> read_archive(const source& from, const node& value,
                                                        const policy::rule_set& known);

} // namespace postseal::config
