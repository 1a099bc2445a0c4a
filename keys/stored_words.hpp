// SPDX-License-Identifier: Apache-2.0
// How the stores write what is neither text, number nor time: key IDs as octets, and the words of
// to_string(). Both write the same, so that one can be read as the other. No I/O.
#pragma once

#include "keys/certificate.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys {

/// Eight octets a key ID, big-endian.
[[nodiscard]] std::string to_octets(const std::vector<std::uint64_t>& key_ids);
/// What is left over at the end is no key ID.
[[nodiscard]] std::vector<std::uint64_t> to_key_ids(std::string_view octets);

// Nothing: a word that this version does not know, and has not written.

/// Nor is `temporary` ever written.
[[nodiscard]] std::optional<outcome> to_outcome(std::string_view word);
[[nodiscard]] std::optional<origin> to_origin(std::string_view word);
[[nodiscard]] std::optional<wkd_host> to_wkd_host(std::string_view word);

} // namespace postseal::keys
