// SPDX-License-Identifier: Apache-2.0
// When a message goes in circles. Two things tell, for two kinds of mail: what is cleaned or sealed
// carries our own count, whatever becomes of other hops' fields; what passes bit for bit gets no
// field of ours, but nobody takes the next hops' fields away either.
#pragma once

#include "message/trace.hpp"
#include "relay/settings.hpp"
#include "smtp/reply.hpp"

#include <cstddef>
#include <optional>

namespace postseal::relay {

/// 554 5.4.6 for a message that has been here `most` times already, or that carries more than
/// message::max_received Received fields.
[[nodiscard]] std::optional<smtp::reply> loop_refusal(const message::trace& seen, std::size_t most);

/// Does it get a Received field of ours? A message without any trace comes from a mail program:
/// every server that it could come back from leaves one. So it needs none of ours to end where mail
/// goes in circles.
[[nodiscard]] bool needs_received(own_received rule, const message::trace& before);

} // namespace postseal::relay
