// SPDX-License-Identifier: Apache-2.0
// GPGME's handles with owners, and what gpg itself said and how it ended: GPGME 1.18 keeps both to
// itself, and calls an operation a success after which gpg was killed.
// Fails: std::system_error with gpgme_category.
#pragma once

#include "seal/descriptor.hpp"

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

/// The status lines of one operation (doc/DETAILS of GnuPG) that decide whether it worked.
struct status_lines {
    bool encryption_ended = false;  ///< END_ENCRYPTION: all of the plaintext was encrypted
    bool failure = false;           ///< FAILURE
    bool invalid_recipient = false; ///< INV_RECP
    bool import_ended = false;      ///< IMPORT_RES: all of the certificates were read
};

/// `seen` has to outlive the context.
[[nodiscard]] context make_context(status_lines& seen);

/// Reads or writes `file` in pieces of 64 KiB.
[[nodiscard]] data make_data(const descriptor& file);

/// How the processes of an operation ended.
struct exits {
    bool all_zero = true;
    bool by_itself = true; ///< each with status 0, or 2: something was wrong with the input
    bool killed = false;   ///< at least one, by a signal
};

/// Waits for every child. gpg is one, because the sealer is a subreaper.
exits reap_children();

} // namespace postseal::seal
