// SPDX-License-Identifier: Apache-2.0
// What an administrator has said of an address, in the policy file and in the store: it goes before
// all that sources say. And the other name that an address has, where a domain takes subaddresses.
#pragma once

#include "keys/inquiry.hpp"
#include "keys/record.hpp"
#include "smtp/mailbox.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postseal::keys {

/// Whether they can read sealed mail, and whether one key alone may be used for them.
struct own_word {
    std::optional<opt_out> out;
    bool pinned = false;
    bool is_whole = true; ///< else there may be more to say: the store cannot be read
};

/// user@ of user+tag@, where the domain is one of `domains` (finder_settings::subaddressing).
[[nodiscard]] std::optional<smtp::mailbox> base_of(const smtp::mailbox& address,
                                                   const std::vector<std::string>& domains);

/// By the policy file, under one of its names.
[[nodiscard]] bool is_pinned(const finder_settings& settings, const smtp::mailbox& address);

/// Of an address under all of its names; the first opt-out counts.
boost::asio::awaitable<own_word> word_on(std::shared_ptr<inquiry_parts> with,
                                         smtp::mailbox address);

/// Is one key alone to be used for `address`, and that is said of its base? Then no other name is
/// looked up: whatever is served for it would be another key.
boost::asio::awaitable<bool> goes_by_base(std::shared_ptr<inquiry_parts> with,
                                          smtp::mailbox address, smtp::mailbox base);

} // namespace postseal::keys
