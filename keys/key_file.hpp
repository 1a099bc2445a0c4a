// SPDX-License-Identifier: Apache-2.0
// One file of the key directory: its certificates and the addresses they are served for. No I/O.
#pragma once

#include "smtp/mailbox.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys {

struct filed_certificate {
    std::string bytes;                  ///< as it stands in the file, all of the same key, binary
    std::vector<std::string> addresses; ///< spelled as lookup_key does, in order, each once
};

struct key_file {
    std::vector<filed_certificate> certificates;
    std::string complaint; ///< a clause for a person; empty: the file is as it should be
};

/// The address that a file serves alone: "bob@example.org.asc" names bob@example.org.
[[nodiscard]] std::optional<smtp::mailbox> address_of_file(std::string_view name);

/// True for .asc, .pgp, .gpg and .key, but not for hidden files.
[[nodiscard]] bool is_key_file_name(std::string_view name);

[[nodiscard]] key_file read_key_file(std::string_view name, std::string_view bytes);

} // namespace postseal::keys
