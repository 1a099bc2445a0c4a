// SPDX-License-Identifier: Apache-2.0
// Asks sources and has what they serve assessed.
// Fails: never; a source that throws, though none should, is temporary.
#pragma once

#include "keys/assessment.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postseal::keys {

using source_list = std::vector<std::unique_ptr<source>>;

/// One source's word.
struct hearing {
    assessment done;
    domain_contact domain = domain_contact::none;
    wkd_host host = wkd_host::none;
    bool brief = false;        ///< answer::brief
    bool asked_nobody = false; ///< answer::asked_nobody
    bool unread = false;       ///< the address's own domain served more than is looked at
    bool denied = false;       ///< the address's own domain says that there is no key
    bool decided = false;      ///< found, or denied
};

/// `one` has to outlive the call.
boost::asio::awaitable<hearing> ask_source(source* one, question asked,
                                           std::vector<cleaned_certificate> seen, inspector inspect,
                                           clock now);

/// What the sources of a list said, up to the one that decided.
struct hearings {
    std::vector<finding> said;
    std::vector<cleaned_certificate> seen;
    std::vector<rejected_certificate> rejected;
    domain_contact domain = domain_contact::none; ///< the strongest
    wkd_host host = wkd_host::none;               ///< that served or denied
    bool brief = false;                           ///< one of them
    bool unread = false;
    bool denied = false;
    bool decided = false;
    std::vector<origin> asked;    ///< on whose word each stands that was really asked
    std::optional<origin> asking; ///< who is being asked just now
};

/// Adds to `all`, which others may look at meanwhile. `list` has to outlive the call.
boost::asio::awaitable<void> ask_in_order(const source_list* list, question asked,
                                          std::shared_ptr<hearings> all, inspector inspect,
                                          clock now);

} // namespace postseal::keys
