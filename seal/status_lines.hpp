// SPDX-License-Identifier: Apache-2.0
// What gpg says of an operation on its status descriptor (doc/DETAILS of GnuPG), as far as it
// decides whether the operation worked. Hostile input: gpg has met unknown bytes when it writes
// this. No I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postseal::seal {

/// Octets that are read of one operation's status lines. 1,000 recipients take less than a tenth.
inline constexpr std::size_t max_status = 1u << 20;

struct status_lines {
    bool encryption_ended = false;  ///< END_ENCRYPTION: all of the plaintext was encrypted
    bool failure = false;           ///< FAILURE
    bool invalid_recipient = false; ///< INV_RECP
    bool import_ended = false;      ///< IMPORT_RES: all of the certificates were read
    std::size_t imported = 0;       ///< IMPORT_OK: certificates, one that comes twice counts twice
    std::string fingerprint;        ///< of the last of them
};

/// Takes one line, divided: "IMPORT_OK" and "1 CE0AB862…".
void note(status_lines& seen, std::string_view keyword, std::string_view arguments);

/// A line without its end is none, and neither is one that does not begin with "[GNUPG:] ".
[[nodiscard]] status_lines read_status(std::string_view text);

} // namespace postseal::seal
