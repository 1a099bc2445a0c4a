// SPDX-License-Identifier: Apache-2.0
// What was found before: judged certificates and absences with their lifetimes. SQLite is the
// default (keys/sqlite_store); several relays can share a server later.
#pragma once

#include "keys/certificate.hpp"
#include "smtp/mailbox.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace postseal::keys {

/// A remembered finding.
struct memory {
    finding what;
    std::chrono::sys_seconds asked{};       ///< when the source said so
    std::chrono::sys_seconds fresh_until{}; ///< afterwards the sources are asked again
};

/// A certificate that was served for an address and may not be used. What it says of itself, a
/// revocation before all, is kept: no server can take it back by serving less later.
struct rejected_certificate {
    std::string fingerprint;         ///< of the primary key, hex in upper case
    std::string bytes;               ///< cleaned for the address, as GnuPG has judged it
    bool revoked = false;            ///< GnuPG has verified that: it holds for ever
    std::chrono::sys_seconds seen{}; ///< when it was judged

    bool operator==(const rejected_certificate&) const = default;
};

/// Of one address. Above, a revoked one takes the place of one that is not.
inline constexpr std::size_t max_rejected_certificates = 32;

/// What mail to an address was like.
struct sealing {
    bool sealed_before = false; ///< a sealed copy was taken, or is owed
    /// Since when the address's own domain says that there is no key, though there was one.
    std::optional<std::chrono::sys_seconds> denied_since;

    bool operator==(const sealing&) const = default;
};

class store {
  public:
    virtual ~store() = default;
    /// Nothing where the address is unknown; an error where the store cannot be read.
    virtual boost::asio::awaitable<boost::system::result<std::optional<memory>>>
    recall(smtp::mailbox address) = 0;
    virtual boost::asio::awaitable<boost::system::result<void>> remember(smtp::mailbox address,
                                                                         memory entry) = 0;

    /// What was rejected before, also long ago and whatever was found since.
    virtual boost::asio::awaitable<boost::system::result<std::vector<rejected_certificate>>>
    recall_rejected(smtp::mailbox address) = 0;
    /// Adds to what was rejected before. A revoked certificate is never replaced by one that is
    /// not; beyond the limit, what came first stays.
    virtual boost::asio::awaitable<boost::system::result<void>>
    remember_rejected(smtp::mailbox address, std::vector<rejected_certificate> entries) = 0;

    /// Of an address that is not known, the default.
    virtual boost::asio::awaitable<boost::system::result<sealing>>
    recall_sealing(smtp::mailbox address) = 0;
    virtual boost::asio::awaitable<boost::system::result<void>>
    remember_sealing(smtp::mailbox address, sealing entry) = 0;

    /// Since when the domain (an A-label) is known to serve keys; nothing: it is not.
    virtual boost::asio::awaitable<boost::system::result<std::optional<std::chrono::sys_seconds>>>
    recall_directory(std::string domain) = 0;
    virtual boost::asio::awaitable<boost::system::result<void>>
    remember_directory(std::string domain, std::chrono::sys_seconds when) = 0;
};

} // namespace postseal::keys
