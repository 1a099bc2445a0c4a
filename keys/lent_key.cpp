// SPDX-License-Identifier: Apache-2.0
#include "keys/lent_key.hpp"

#include <algorithm>

namespace postseal::keys {

bool has_own_word(const record& known) {
    return known.opted_out || std::ranges::any_of(known.given, &given_certificate::pinned);
}

finding lend(finding found, const smtp::mailbox& owner) {
    found.key_of = owner;
    found.opted_out = false;
    return found;
}

} // namespace postseal::keys
