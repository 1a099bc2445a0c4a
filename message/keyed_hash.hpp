// SPDX-License-Identifier: Apache-2.0
// A keyed hash as this room gets it, and the letters in which its result is written.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace postseal::message {

/// A keyed hash of the text, at least 20 octets, unforgeable without the key. (HMAC-SHA256 in the
/// program; purity keeps the key and OpenSSL out of here.)
using keyed_hash = std::function<std::string(std::string_view)>;

/// The letters of our identifiers. No vowels and nothing that looks alike: they are read aloud from
/// logs, and spell no words.
inline constexpr std::string_view id_letters = "bcdfghjkmnpqrstvwxyz23456789BCDF";

/// `count` letters of five bits each, the most significant bits first. Octets have to be enough.
[[nodiscard]] std::string to_letters(std::string_view octets, std::size_t count);

} // namespace postseal::message
