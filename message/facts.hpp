// SPDX-License-Identifier: Apache-2.0
// What policy may know of a message: its class, its header section and the mailboxes named there.
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

/// One field of the header section as rules read it.
struct field_text {
    std::string name; ///< as written
    std::string text; ///< unfolded and trimmed, encoded words (RFC 2047) decoded
};

struct facts {
    protection protected_as = protection::none;
    bool report = false;       ///< a whole multipart/report: DSN, MDN, ARF, TLS-RPT (RFC 6522)
    bool invitation = false;   ///< iTIP: its text is a text/calendar with a method (RFC 6047)
    bool list = false;         ///< List-Id, or Precedence: bulk | list
    bool key_exchange = false; ///< Autocrypt Setup Message, Secure-Join
    bool fragment = false;     ///< message/partial, one of several (RFC 2046 §5.2.2)
    bool attachment = false;   ///< a file came along with it
    std::string reason;        ///< one clause for the log: what decided `protected_as`

    std::vector<smtp::mailbox> from;    ///< header From
    std::vector<smtp::mailbox> visible; ///< To, Cc, Resent-To, Resent-Cc, group members included
    std::vector<field_text> fields;     ///< all, in their order
    std::uint64_t size = 0;             ///< octets of the whole message
};

/// Reads the whole message once. Never fails: what is not understood is plain content to seal.
[[nodiscard]] facts classify(std::string_view message);

} // namespace postseal::message
