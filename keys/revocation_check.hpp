// SPDX-License-Identifier: Apache-2.0
// Has a key that is in use been revoked, though its domain, or the administrator who gave it, does
// not say so? Keyservers are asked by its fingerprint: what they add is the owner's own signatures,
// whoever has uploaded them. A revocation is all that is ever taken from them.
// Fails: never; says how many questions nobody answered.
#pragma once

#include "keys/inquiry.hpp"

#include <memory>

namespace postseal::keys {

boost::asio::awaitable<revocation_check> check_revocation(std::shared_ptr<inquiry_parts> with,
                                                          smtp::mailbox address);

} // namespace postseal::keys
