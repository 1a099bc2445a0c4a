// SPDX-License-Identifier: Apache-2.0
// From what a source served to a finding: cleaned here, inspected by GnuPG in its box, judged.
// Fails: never by itself; what could not be inspected is temporary. Exceptions of `inspect` pass.
#pragma once

#include "keys/finder.hpp"
#include "keys/packets.hpp"

#include <string>
#include <vector>

namespace postseal::keys {

struct assessment {
    finding said;
    /// Every certificate that was seen for the address up to now, usable or not.
    std::vector<cleaned_certificate> seen;
    /// Those of this source that GnuPG has judged and that may not be used.
    std::vector<rejected_certificate> rejected;
};

/// `seen` before, any number of one key: a key that comes again keeps the signatures that it had,
/// so that no later source can serve a revoked key without its revocation.
boost::asio::awaitable<assessment> assess(std::string source, answer said, smtp::mailbox address,
                                          std::vector<cleaned_certificate> seen, inspector inspect,
                                          clock now);

} // namespace postseal::keys
