// SPDX-License-Identifier: Apache-2.0
// The two parts of a notification that say the same: one to a person, one to a program.
#pragma once

#include "message/dsn.hpp"

#include <string>

namespace postseal::message {

/// Plain English in lines that end with CRLF: what happened to whom, in the mail server's own
/// words, and what to do. UTF-8 where those words or an address are.
[[nodiscard]] std::string words_for_a_person(const dsn& notice);

/// The content of message/delivery-status (RFC 3464 §2): ASCII.
[[nodiscard]] std::string delivery_status(const dsn& notice);

/// Are they ours, and no mail server's? (smtp::reply: only ours carry the enhanced code apart.)
[[nodiscard]] inline bool are_our_words(const smtp::reply& said) { return !said.enhanced.empty(); }

} // namespace postseal::message
