// SPDX-License-Identifier: Apache-2.0
// Asks sources and has what they serve assessed.
// Fails: never; a source that throws, though none should, is temporary.
#pragma once

#include "keys/assessment.hpp"

#include <memory>
#include <string>
#include <vector>

namespace postseal::keys {

using source_list = std::vector<std::unique_ptr<source>>;

/// One source's word.
struct hearing {
    assessment done;
    domain_contact domain = domain_contact::none;
    bool decided = false; ///< found, or the address's own domain says that there is no key
};

/// `one` has to outlive the call.
boost::asio::awaitable<hearing> ask_source(source* one, smtp::mailbox address,
                                           std::vector<cleaned_certificate> seen, inspector inspect,
                                           clock now);

/// What the sources of a list said, up to the one that decided.
struct hearings {
    std::vector<finding> said;
    std::vector<cleaned_certificate> seen;
    std::vector<rejected_certificate> rejected;
    domain_contact domain = domain_contact::none; ///< the strongest
    bool decided = false;
};

/// `list` has to outlive the call.
boost::asio::awaitable<hearings> ask_in_order(const source_list* list, smtp::mailbox address,
                                              std::vector<cleaned_certificate> seen,
                                              inspector inspect, clock now);

} // namespace postseal::keys
