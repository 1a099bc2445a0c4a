// SPDX-License-Identifier: Apache-2.0
// The date-time of a Date or Received field (RFC 5322 §3.3). No clock and no locale: a time is a
// number of seconds since the epoch, given by the caller.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postseal::message {

/// Reads the body of a Date field: comments, folds and the obsolete forms (two-digit years, named
/// zones, RFC 5322 §4.3) included. Nothing for what is not a date of the years 1900 to 9999.
[[nodiscard]] std::optional<long long> parse_date(std::string_view text);

/// "Mon, 23 Nov 2026 11:00:00 +0000": always UTC.
[[nodiscard]] std::string format_date(long long time);

} // namespace postseal::message
