// SPDX-License-Identifier: Apache-2.0
// GPGME's handles with owners, and what gpg itself said, which GPGME 1.18 keeps to itself: it calls
// an operation a success after which gpg was killed.
// Fails: std::system_error with gpgme_category.
#pragma once

#include "seal/descriptor.hpp"
#include "seal/status_lines.hpp"

#include <gpgme.h>

#include <memory>
#include <system_error>
#include <type_traits>

namespace postseal::seal {

[[nodiscard]] const std::error_category& gpgme_category();

/// Throws where `error` is one.
void check(gpgme_error_t error, const char* what);

using context = std::unique_ptr<std::remove_pointer_t<gpgme_ctx_t>, decltype(&::gpgme_release)>;
using data = std::unique_ptr<std::remove_pointer_t<gpgme_data_t>, decltype(&::gpgme_data_release)>;
using key = std::unique_ptr<std::remove_pointer_t<gpgme_key_t>, decltype(&::gpgme_key_unref)>;

/// `seen` has to outlive the context.
[[nodiscard]] context make_context(status_lines& seen);

/// Reads or writes `file` in pieces of 64 KiB.
[[nodiscard]] data make_data(const descriptor& file);

} // namespace postseal::seal
