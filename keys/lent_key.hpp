// SPDX-License-Identifier: Apache-2.0
// A key that mail to another address is sealed to, because the policy file says so (`key_of`). No
// I/O.
#pragma once

#include "keys/certificate.hpp"
#include "keys/record.hpp"
#include "smtp/mailbox.hpp"

namespace postseal::keys {

/// Has an administrator said in the store whether mail to the very recipient is sealed, and to which
/// key? Then another's key is not asked for.
[[nodiscard]] bool has_own_word(const record& known);

/// What was found of `owner`'s key, for mail to others. That the owner cannot read sealed mail says
/// nothing of them: then there is no key, and what is set for that counts.
[[nodiscard]] finding lend(finding found, const smtp::mailbox& owner);

} // namespace postseal::keys
