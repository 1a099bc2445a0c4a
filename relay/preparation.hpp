// SPDX-License-Identifier: Apache-2.0
// What a message comes to before anything of it is sent: the plan, and every delivery's content.
// The same for a message that has just come and for one that was held.
#pragma once

#include "policy/plan.hpp"
#include "relay/content.hpp"
#include "relay/delivery.hpp"
#include "relay/policy_question.hpp"
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
    std::string id;              ///< for the log
    const smtp::envelope& given; ///< as the client spelt it
    policy_question asked{};
    findings found{};
    policy::plan plan{};
    /// Asked before each copy is made: what is to be said instead, since nobody waits for it.
    std::function<std::optional<smtp::reply>()> is_over{};
};

/// Makes the plan, and of each delivery a parcel, in their order; or says why nothing is to be
/// sent. A certificate that turns out bad is marked, and the plan made again.
/// `from` must live until this returns, its octets as long as the parcels.
asio::awaitable<std::optional<smtp::reply>> make_parcels(preparation& on, const original& from,
                                                         const smtp::extensions& offered,
                                                         std::vector<parcel>& parcels);

/// One delivery of the plan alone, or what is to be said to its recipients instead.
asio::awaitable<boost::system::result<parcel, smtp::reply>>
make_parcel(preparation& on, const original& from, policy::delivery group,
            const smtp::extensions& offered);

/// Who was sealed to once is not written to in clear later because their key cannot be looked up.
/// `was_taken` is asked for each recipient of a sealed copy.
void note_sealed(const preparation& on, const std::function<bool(std::size_t)>& was_taken);

} // namespace postseal::relay
