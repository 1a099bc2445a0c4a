// SPDX-License-Identifier: Apache-2.0
// The mailboxes of an address field: From, To, Cc and their Resent- kin (RFC 5322 §3.4), with
// groups, comments, quoted strings and the obsolete routes and dots of §4.4. Display names are
// passed over, so the encoded words of RFC 2047 in them do not matter.
//
// Fails: never. An address that is not clearly one is left out, and reading goes on behind the next
// comma: for a recipient that means a copy of their own, as if they were blind; a guess could show
// a blind one. Limits: `most` mailboxes; one pass over the field.
#pragma once

#include "smtp/mailbox.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace postseal::message {

/// Ten times the recipients that one transaction may have.
inline constexpr std::size_t max_mailboxes = 10'000;

/// Adds the mailboxes of a field body to `found`, until that holds `most`. False: something that
/// stands there is none, or is one too many.
bool read_address_list(std::string_view body, std::vector<smtp::mailbox>& found,
                       std::size_t most = max_mailboxes);

} // namespace postseal::message
