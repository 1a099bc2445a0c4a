// SPDX-License-Identifier: Apache-2.0
// Several deliveries, one reply (RFC 5321 §6.1: whoever says 250 answers for the message). Until
// the first is taken, a failure is the client's to hear, and nothing is owed to anybody. So that
// nothing can be lost from then on, all the others are on the disk before: what the next hop
// refuses for good becomes a report to the sender, what it does not take now goes into the spool,
// and so does at once what is held and what is for an archive.
// Fails: std::system_error before anything is handed over; never afterwards.
#pragma once

#include "relay/client_patience.hpp"
#include "relay/delivery.hpp"
#include "relay/kept_copies.hpp"
#include "relay/services.hpp"
#include "relay/spool.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postseal::relay {

class split_delivery {
  public:
    /// The references must live until run() returns. Parcels that are to be kept stand last.
    split_delivery(services& with, std::shared_ptr<const settings> current, owed_message message,
                   client_patience within, mirrored from, next_hop& to,
                   std::vector<parcel>& parcels);

    /// Sends the parcels in order. The reply is the client's: the next hop's to the first one, or
    /// why there is none; ours, where all of them are to be kept.
    asio::awaitable<smtp::reply> run();

    /// What was said of each recipient, in the envelope's order; of some nothing.
    [[nodiscard]] const std::vector<smtp::reply>& said() const { return said_; }

  private:
    asio::awaitable<std::optional<smtp::reply>> prepare();
    [[nodiscard]] std::optional<smtp::reply> why_not_begin() const;
    asio::awaitable<smtp::reply> commit();
    asio::awaitable<void> go_on();
    asio::awaitable<void> attempt(std::size_t number);
    asio::awaitable<void> settle(std::size_t number);
    asio::awaitable<void> tell_sender(std::size_t number);
    bool client_has_left(std::size_t tried);
    [[nodiscard]] bool is_sent(std::size_t number) const;
    [[nodiscard]] std::string why_not_now(std::ptrdiff_t number) const;
    [[nodiscard]] smtp::reply answer_after(const smtp::reply& committed) const;

    services& with_;
    std::shared_ptr<const settings> current_;
    owed_message message_;
    const std::string& id_; ///< the message's
    client_patience within_;
    mirrored from_;
    next_hop& to_;
    std::vector<parcel>& parcels_;
    /// Of all parcels, but for the first one that is sent: that is the client's until it is taken.
    std::vector<std::unique_ptr<spool_draft>> drafts_;
    std::vector<smtp::reply> said_;
    bool left_ = false;   ///< the client, before it was told
    bool unkept_ = false; ///< the disk did not take what is owed
};

} // namespace postseal::relay
