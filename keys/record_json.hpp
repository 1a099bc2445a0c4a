// SPDX-License-Identifier: Apache-2.0
// Records as JSON (RFC 8259), one address a line: what `postseal keys export` writes and `import`
// reads, and how a record goes from one store to another.
// Fails: by a clause that names the place in the line. Whatever the octets of a line are, it is
// either read whole or refused; a field that is not known is refused too, since what it says would
// be lost. No I/O, no clock.
#pragma once

#include "keys/store.hpp"

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postseal::keys {

/// What the first line says. A reader takes its own version only.
inline constexpr int record_lines_version = 1;

/// Octets of a line. A record that is full of certificates at their limit has 14 MiB.
inline constexpr std::size_t max_record_line = 16 * 1024 * 1024;

template<class T>
using readable = boost::system::result<T, std::string>;

/// The first line, without its end.
[[nodiscard]] std::string record_lines_head(std::chrono::sys_seconds now);
/// Why that is not the first line of records that can be read here.
[[nodiscard]] std::optional<std::string> mistake_in_head(std::string_view line);

[[nodiscard]] boost::json::object to_json(const known_address& one);
[[nodiscard]] std::string to_line(const known_address& one);

/// Certificates are what the line has in base64: see clean_certificates().
[[nodiscard]] readable<known_address> read_record_line(std::string_view line);

/// Certificates that came from outside, in the form in which the packet cleaner leaves them. The
/// mistake: one is none, is another one than it says, or is not of this address.
[[nodiscard]] std::optional<std::string> clean_certificates(known_address& of);

/// RFC 3339 in UTC, "2026-11-26T03:39:30Z".
[[nodiscard]] std::string to_text(std::chrono::sys_seconds when);
[[nodiscard]] std::optional<std::chrono::sys_seconds> to_time(std::string_view text);

/// Printable UTF-8; what else there is becomes '?'.
[[nodiscard]] std::string as_text(std::string_view octets);

/// 40 hexadecimal digits in upper case, of what may have spaces and lower case letters.
[[nodiscard]] std::optional<std::string> to_fingerprint(std::string_view text);

} // namespace postseal::keys
