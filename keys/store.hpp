// SPDX-License-Identifier: Apache-2.0
// What was found before: judged certificates and absences with their lifetimes. SQLite is the
// default (keys/sqlite_store); several relays can share a server later.
#pragma once

#include "keys/certificate.hpp"
#include "smtp/mailbox.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <optional>

namespace postseal::keys {

/// A remembered finding.
struct memory {
    finding what;
    std::chrono::sys_seconds asked{};       ///< when the source said so
    std::chrono::sys_seconds fresh_until{}; ///< afterwards the sources are asked again
};

class store {
  public:
    virtual ~store() = default;
    /// Nothing where the address is unknown; an error where the store cannot be read.
    virtual boost::asio::awaitable<boost::system::result<std::optional<memory>>>
    recall(smtp::mailbox address) = 0;
    virtual boost::asio::awaitable<boost::system::result<void>> remember(smtp::mailbox address,
                                                                         memory entry) = 0;
};

} // namespace postseal::keys
