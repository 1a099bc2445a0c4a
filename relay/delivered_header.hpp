// SPDX-License-Identifier: Apache-2.0
// The header section of what a delivery carries. make_content writes it and `postseal explain`
// shows it, so that neither can say something else than the other. Pure.
#pragma once

#include "message/header_protection.hpp"
#include "message/header_section.hpp"
#include "message/message_ids.hpp"
#include "policy/plan.hpp"

#include <string_view>

namespace postseal::relay {

/// Outside: the message's own fields that stay, cleaned and protected as the delivery says, without
/// our Received, and of a sealed one without structural fields. Around the entity inside of a
/// sealed one: what header protection puts there. `boundary` is as protect_header wants it.
[[nodiscard]] message::protected_header deliver_header(const message::header_section& header,
                                                       const policy::delivery& group,
                                                       const message::id_disguise& ids,
                                                       std::string_view boundary);

} // namespace postseal::relay
