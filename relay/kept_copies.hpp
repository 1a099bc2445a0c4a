// SPDX-License-Identifier: Apache-2.0
// Copies of a message that go into the spool: written and synced before anything is handed over,
// and entries of it once the message has been taken.
#pragma once

#include "relay/delivery.hpp"
#include "relay/services.hpp"
#include "relay/spool.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postseal::relay {

/// What the entries of one message have in common. The envelope must live as long.
struct owed_message {
    std::string id; ///< the message's
    const smtp::envelope& envelope;
    held_terms terms{};
    spool_usage drafted{}; ///< by draft_copy(), so far
};

/// An entry for those of the parcel: due at once, but for held ones, whose key nobody could look up
/// a moment ago.
[[nodiscard]] spool_entry entry_for(const owed_message& message, const parcel& sent,
                                    const retry_rule& retry, std::chrono::sys_seconds now);

/// On the disk, and seen by nobody yet; or, logged, what the client hears instead. Throws
/// std::system_error for what the disk does. `message` and `sent` must live until this returns.
asio::awaitable<boost::system::result<std::unique_ptr<spool_draft>, smtp::reply>>
draft_copy(services& with, std::shared_ptr<const settings> current, owed_message& message,
           parcel& sent);

/// Makes the draft an entry, which is logged with a line for each recipient. Throws as above.
asio::awaitable<void> owe(services& with, spool_draft draft);

/// What the client hears of a recipient whose copy is kept.
[[nodiscard]] smtp::reply kept_answer();

/// Those of a message where each recipient has a reply of its own, and nothing waits for nothing.
class kept_copies {
  public:
    kept_copies(services& with, std::shared_ptr<const settings> current, owed_message message);

    /// Drafts of all parcels that are to be kept; or why nothing may be sent. Throws
    /// std::system_error.
    asio::awaitable<std::optional<smtp::reply>> prepare(std::vector<parcel>& parcels);

    /// Makes them entries. Those of whose copy that failed get the answer instead, in `answers`,
    /// which has one for each recipient; of the others nothing changes. Never throws.
    asio::awaitable<void> keep(std::vector<smtp::reply>& answers);

  private:
    services& with_;
    std::shared_ptr<const settings> current_;
    owed_message message_;
    struct copy {
        std::unique_ptr<spool_draft> kept;
        std::vector<std::size_t> recipients; // of the message; none: a copy for the archive
    };
    asio::awaitable<bool> keep(copy& one);

    std::vector<copy> drafts_;
};

} // namespace postseal::relay
