// SPDX-License-Identifier: Apache-2.0
// The certificates that HTTPS trusts where the configuration names some besides the system's, read
// once for all transfers: the system's alone take longer to read than a handshake, and nearly a
// megabyte.
#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>

namespace postseal::keys {

/// Those of the system, where it has any, and those of `extra`, a PEM file.
/// Throws std::runtime_error when nothing can be read from `extra`.
[[nodiscard]] std::shared_ptr<X509_STORE> trust_system_and(const std::filesystem::path& extra);

} // namespace postseal::keys
