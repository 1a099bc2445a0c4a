// SPDX-License-Identifier: Apache-2.0
// The trace that a message carries (RFC 5321 §4.4, §6.3): how many hops it has passed, and how
// often it has been here. Our own Received field says the latter in its id, a token that only
// holders of one key can make, recognise and count by: whoever reads it learns neither that it
// counts nor how far, nor which relays share the key.
#pragma once

#include "message/header_section.hpp"
#include "message/keyed_hash.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace postseal::message {

/// Letters of an identifier: 80 bits.
inline constexpr std::size_t id_size = 16;

/// How far a token counts.
inline constexpr std::size_t max_passes = 20;

/// Received fields above which a message goes in circles (RFC 5321 §6.3 asks for 100 at least).
inline constexpr std::size_t max_received = 100;

/// What our Received field says when a message passes for the `passes`th time (1 to max_passes):
/// the identifier (id_size letters), and 16 letters of the hash of both.
[[nodiscard]] std::string make_token(std::string_view id, std::size_t passes,
                                     const keyed_hash& hash);

struct trace {
    std::size_t received = 0; ///< Received fields, whosoever
    std::size_t passes = 0;   ///< the highest count that a token of ours tells; 0: never here
};

/// Looks at every Received field. Beyond max_received of them nothing is hashed: passes stays 0.
[[nodiscard]] trace read_trace(const header_section& section, const keyed_hash& hash);

} // namespace postseal::message
