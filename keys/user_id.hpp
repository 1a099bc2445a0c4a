// SPDX-License-Identifier: Apache-2.0
// Mail addresses in OpenPGP user IDs, read as GnuPG reads them, and the one spelling under which
// addresses are compared and indexed in this room.
#pragma once

#include "smtp/mailbox.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace postseal::keys {

/// The address that GnuPG takes from a user ID (its `mbox`): what stands in the first <…>, or else
/// the whole where it is nothing but an address. "Mallory <m@evil.example> <victim@x.example>" is
/// m@evil.example and nobody else's.
[[nodiscard]] std::optional<smtp::mailbox> user_id_address(std::string_view user_id);

/// Local part with its ASCII letters in lower case, "@", domain as A-label: two mailboxes with the
/// same key are the same one here. GnuPG does not normalise domains, so user IDs may carry either
/// form.
[[nodiscard]] std::string lookup_key(const smtp::mailbox& address);

/// A mailbox of which lookup_key makes `key`, itself made by lookup_key.
[[nodiscard]] smtp::mailbox mailbox_of_key(std::string_view key);

/// The domain in what lookup_key has made.
[[nodiscard]] std::string_view domain_of_key(std::string_view key);

[[nodiscard]] bool same_address(const smtp::mailbox& a, const smtp::mailbox& b);

} // namespace postseal::keys
