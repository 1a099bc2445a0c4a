// SPDX-License-Identifier: Apache-2.0
// The half of a lookup that leads outside: whose turn it is to ask the sources behind the store,
// what they say, and that it is remembered.
// Fails: as keys/inquiry.
#pragma once

#include "keys/inquiry.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace postseal::keys {

/// What is known once somebody else who shares the store has asked; nothing: it is ours to ask.
boost::asio::awaitable<std::optional<recalled>> wait_for_others(std::shared_ptr<inquiry_parts> with,
                                                                smtp::mailbox address);

/// What the sources outside say, with all that was ever seen for the address beside it, and beside
/// `seen`: a server cannot take back a revocation.
boost::asio::awaitable<finding> ask_outside(std::shared_ptr<inquiry_parts> with, question asked,
                                            std::vector<cleaned_certificate> seen,
                                            std::shared_ptr<progress> so_far);

} // namespace postseal::keys
