// SPDX-License-Identifier: Apache-2.0
// What a profile of the administrator's own may do, and what it cannot: a slip in a pattern must
// cost no mail, no answer and no conversation, start no loop, and show no blind recipient.
#pragma once

#include "message/clean.hpp"

#include <optional>
#include <string_view>

namespace postseal::message {

/// Fields that no `remove` takes: mandatory ones and addresses, MIME, threading, lists, automatic
/// mail, relaying. A pattern that matches one among others passes it over.
[[nodiscard]] bool is_protected(std::string_view field_name);

/// Bcc, Resent-Bcc and the mbox line: no `keep` holds them, and every profile but `off` takes them.
[[nodiscard]] bool always_goes(std::string_view field_name);

/// The fields that can be normalised: dates and MIME-Version.
[[nodiscard]] bool has_normal_form(std::string_view field_name);

/// Could a `normalise` with this pattern mean anything?
[[nodiscard]] bool names_a_normal_form(std::string_view pattern);

/// What the profile itself says of a field; nothing: what it starts from decides.
[[nodiscard]] std::optional<field_action> own_action(const own_profile& own,
                                                     std::string_view field_name);

} // namespace postseal::message
