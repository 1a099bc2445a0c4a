// SPDX-License-Identifier: Apache-2.0
// `expect:` of a policy's tests, for one recipient.
#pragma once

#include "config/yaml.hpp"
#include "policy/expectation.hpp"
#include "smtp/envelope.hpp"

#include <cstddef>
#include <string>

namespace postseal::config {

/// One word ("sealed"), or a map that says more. `recipient` is whom it is for.
[[nodiscard]] policy::expectation read_expectation(const source& from, const node& value,
                                                   std::size_t recipient,
                                                   const smtp::envelope& envelope);

/// Who of the envelope is meant. Throws config::error, with whom it may have been.
[[nodiscard]] std::size_t find_recipient(const source& from, const std::string& written,
                                         position at, const smtp::envelope& envelope);

[[nodiscard]] smtp::mailbox read_mailbox(const source& from, const node& value);

} // namespace postseal::config
