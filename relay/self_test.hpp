// SPDX-License-Identifier: Apache-2.0
// Asks a next hop, as a stranger who comes through a front listener would, to relay to a foreign
// address. Nothing is sent: the connection ends before DATA.
// Fails: never; what goes wrong is inconclusive.
#pragma once

#include "relay/settings.hpp"
#include "smtp/relay_probe.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <string>

namespace postseal::relay {

namespace asio = boost::asio;

struct self_test {
    smtp::probe_verdict verdict = smtp::probe_verdict::inconclusive;
    std::string heard; ///< the step and the answer that decided, for the log
};

asio::awaitable<self_test> probe_next_hop(asio::any_io_executor executor, listener_settings through,
                                          std::string our_name);

/// One sentence for the log: what was found, and which setting of the mail server to change.
[[nodiscard]] std::string advice(const self_test& found, const listener_settings& through);

/// The same for a mail server that has not answered yet.
[[nodiscard]] std::string advice_while_waiting(const listener_settings& through);

} // namespace postseal::relay
