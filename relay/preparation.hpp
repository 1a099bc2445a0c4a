// SPDX-License-Identifier: Apache-2.0
// What a message comes to before anything of it is sent: its keys are found, the plan is made, and
// every delivery's content. The same for a message that has just come and for one that was held.
#pragma once

#include "policy/plan.hpp"
#include "relay/content.hpp"
#include "relay/delivery.hpp"
#include "relay/services.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postseal::relay {

/// All of it is of one message. What it refers to outlives it.
struct preparation {
    services& with;
    std::shared_ptr<const settings> current;
    std::string id; ///< for the log
    policy::origin origin;
    const smtp::envelope& given; ///< as the client spelt it
    policy::occasion now;
    smtp::envelope envelope{}; ///< as policy sees it
    message::facts facts{};
    std::vector<std::optional<keys::finding>> found{};
    policy::plan plan{};
};

/// Envelope and facts, from `given` and the octets of the message.
void read_message(preparation& on, std::string_view bytes);

/// All lookups run at once.
asio::awaitable<void> find_keys(preparation& on);

void make_plan(preparation& on);

/// Makes the plan, and of each delivery a parcel, in their order; or says why nothing is to be
/// sent. A certificate that turns out bad is marked, and the plan made again.
/// `from` must live until this returns, its octets as long as the parcels.
asio::awaitable<std::optional<smtp::reply>> make_parcels(preparation& on, const original& from,
                                                         const smtp::extensions& offered,
                                                         std::vector<parcel>& parcels);

/// Who was sealed to once is not written to in clear later because their key cannot be looked up.
/// `was_taken` is asked for each recipient of a sealed copy.
void note_sealed(const preparation& on, const std::function<bool(std::size_t)>& was_taken);

} // namespace postseal::relay
