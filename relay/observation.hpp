// SPDX-License-Identifier: Apache-2.0
// `mode: observe`: what the rules would have done with a message, for the log alone. The message
// has been handed over before; whatever goes wrong here changes nothing about it, and nothing that
// is found out is remembered as done. Limits: most_observed_at_once, of more the log says that they
// were not looked at; sealed is one copy at a time, so that the others' mail finds a sealer.
#pragma once

#include "policy/plan.hpp"
#include "relay/services.hpp"
#include "relay/transaction.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace postseal::relay {

inline constexpr std::size_t most_observed_at_once = 20;

/// Has the plan a recipient whose rule only observes?
[[nodiscard]] bool is_observed(const policy::plan& made);

/// Begins in the background, and takes the message out of `sent`, which is over.
void begin_observing(asio::any_io_executor executor, services& with,
                     const std::shared_ptr<const settings>& current, submission& sent,
                     const policy::plan& made);

} // namespace postseal::relay
