// SPDX-License-Identifier: Apache-2.0
// Would a mail server relay for a stranger who comes through us? Judged from what it says to one
// that has not logged in and names a foreign recipient. Only a refusal that cannot have another
// reason is a proof.
#pragma once

#include "smtp/reply.hpp"

#include <string>

namespace postseal::smtp {

enum class probe_step { hello, mail, rcpt };

enum class probe_verdict {
    go_on,        ///< accepted so far: take the next step
    refuses,      ///< strangers get nothing through it
    relays,       ///< an open relay
    inconclusive, ///< could have refused for another reason, or not now
};

/// A refusal proves nothing where it may be about the address (5.1.x; RFC 3463 §3.2, and RFC 7505
/// for domains that take no mail), about the sender, which the next one could choose better, or
/// about TLS, which the next connection could have.
[[nodiscard]] probe_verdict judge_probe(probe_step step, const reply& answer);

} // namespace postseal::smtp
