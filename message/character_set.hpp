// SPDX-License-Identifier: Apache-2.0
// Text of other character sets than UTF-8, as far as rules have to read it: its ASCII always, for a
// tag that is not seen would let mail go in clear.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postseal::message {

/// The text as UTF-8. `charset` as mail names it (RFC 2047 §2, RFC 2231 §5). UTF-8, ISO 8859-1 and
/// Windows-1252 are read wholly; of every other one its ASCII, and '?' for each octet of the rest.
/// Nothing where ASCII is not written as ASCII there: UTF-16, UTF-32, UTF-7, EBCDIC.
[[nodiscard]] std::optional<std::string> as_utf8(std::string_view charset, std::string_view octets);

} // namespace postseal::message
