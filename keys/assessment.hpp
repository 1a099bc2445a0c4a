// SPDX-License-Identifier: Apache-2.0
// From what a source served to a finding: cleaned here, inspected by GnuPG in its box, judged.
// Fails: never by itself; what could not be inspected is temporary. Exceptions of `inspect` pass.
#pragma once

#include "keys/inspector.hpp"
#include "keys/packets.hpp"
#include "keys/record.hpp"
#include "keys/source.hpp"

#include <string>
#include <vector>

namespace postseal::keys {

/// For which address, and of whose material.
struct question {
    smtp::mailbox address;
    std::string pinned; ///< fingerprint of the only key that may be used; empty: any may
};

struct assessment_task {
    std::string source;
    origin from = origin::administrator;
    question asked;
};

struct assessment {
    finding said;
    /// Every certificate that was seen for the address up to now, usable or not.
    std::vector<cleaned_certificate> seen;
    /// Those of this source that GnuPG has judged and that may not be used.
    std::vector<rejected_certificate> rejected;
};

/// `seen` before, any number of one key: a key that comes again keeps the signatures that it had,
/// so that no later source can serve a revoked key without its revocation.
boost::asio::awaitable<assessment> assess(assessment_task task, answer said,
                                          std::vector<cleaned_certificate> seen, inspector inspect,
                                          clock now);

} // namespace postseal::keys
