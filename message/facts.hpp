// SPDX-License-Identifier: Apache-2.0
// What policy may know of a message: its class and the mailboxes that its header section names.
#pragma once

#include "smtp/mailbox.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::message {

/// How far the message is protected already.
enum class protection {
    none,
    is_signed, ///< multipart/signed or a cleartext signature: readable by all, must not be edited
    encrypted, ///< every content leaf is a well-formed OpenPGP or CMS encrypted message
};

struct facts {
    protection protected_as = protection::none;
    bool report = false;       ///< a whole multipart/report: DSN, MDN, ARF, TLS-RPT (RFC 6522)
    bool invitation = false;   ///< iTIP: its text is a text/calendar with a method (RFC 6047)
    bool list = false;         ///< List-Id, or Precedence: bulk | list
    bool key_exchange = false; ///< Autocrypt Setup Message, Secure-Join
    bool fragment = false;     ///< message/partial, one of several (RFC 2046 §5.2.2)
    std::string reason;        ///< one clause for the log: what decided `protected_as`

    std::vector<smtp::mailbox> from;    ///< header From
    std::vector<smtp::mailbox> visible; ///< To, Cc, Resent-To, Resent-Cc, group members included
    std::uint64_t size = 0;             ///< octets of the whole message
};

/// Reads the whole message once. Never fails: what is not understood is plain content to seal.
[[nodiscard]] facts classify(std::string_view message);

} // namespace postseal::message
