// SPDX-License-Identifier: Apache-2.0
// A key that mail to another address is sealed to, because the policy file says so (`key_of`): what
// an administrator has said of that other address, and what is found of the key, for them. No I/O.
#pragma once

#include "keys/record.hpp"
#include "smtp/mailbox.hpp"

#include <optional>

namespace postseal::keys {

/// Of the very recipient, and before any other's key: whether they can read sealed mail, and
/// whether one key alone may be used for them.
struct own_word {
    std::optional<opt_out> out;
    bool pinned = false;
    bool is_whole = true; ///< else there may be more to say: the store cannot be read
};

/// Adds what their record says; the first opt-out counts.
void hear(own_word& said, const record& known);

/// What was found of `owner`'s key, for mail to others. That the owner cannot read sealed mail says
/// nothing of them: then there is no key, and what is set for that counts.
[[nodiscard]] finding lend(finding found, const smtp::mailbox& owner);

} // namespace postseal::keys
