// SPDX-License-Identifier: Apache-2.0
#include "keys/lent_key.hpp"

#include <algorithm>
#include <utility>

namespace postseal::keys {

void hear(own_word& said, const record& known) {
    if (!said.out) said.out = known.opted_out;
    said.pinned = said.pinned || std::ranges::any_of(known.given, &given_certificate::pinned);
}

finding lend(finding found, const smtp::mailbox& owner) {
    found.key_of = owner;
    found.opted_out = false;
    return found;
}

} // namespace postseal::keys
