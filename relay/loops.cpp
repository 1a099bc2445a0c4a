// SPDX-License-Identifier: Apache-2.0
#include "relay/loops.hpp"

#include <string>

namespace postseal::relay {

namespace {

constexpr auto what_to_do = "the routing of the mail servers goes in circles and has to be mended";

} // namespace

std::optional<smtp::reply> loop_refusal(const message::trace& seen, std::size_t most) {
    if (seen.passes >= most)
        return smtp::make_reply(554, "5.4.6",
                                "This message has passed here " + std::to_string(seen.passes) +
                                    " times already: " + what_to_do);
    if (seen.received > message::max_received)
        return smtp::make_reply(554, "5.4.6",
                                "This message has passed " + std::to_string(seen.received) +
                                    " servers already (Received fields): " + what_to_do);
    return std::nullopt;
}

bool needs_received(own_received rule, const message::trace& before) {
    switch (rule) {
    case own_received::always: return true;
    case own_received::after_a_trace: return before.received > 0;
    }
    return true;
}

} // namespace postseal::relay
