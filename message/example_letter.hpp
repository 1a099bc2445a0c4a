// SPDX-License-Identifier: Apache-2.0
// A message as somebody might write it, for trying out a policy: what matters to a rule is said,
// the rest is a plain letter.
#pragma once

#include "smtp/mailbox.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postseal::message {

struct example_letter {
    std::optional<smtp::mailbox> from; ///< nothing: "<>", as of a bounce
    std::vector<smtp::mailbox> to;     ///< who stands in To; none: no To
    /// Fields with their text, UTF-8; in place of the letter's own of that name, or besides.
    std::vector<std::pair<std::string, std::string>> header;
    std::string text = "A plain message.\n"; ///< lines end with LF or CRLF
    std::string attachment;                  ///< name of a file that comes along; empty: none
    std::uint64_t size = 0;                  ///< octets of the whole, where it would have less
};

/// As it would come over SMTP: every line ended by CRLF.
[[nodiscard]] std::string write_letter(const example_letter& what);

/// Every LF without a CR gets one, and the last line an end.
[[nodiscard]] std::string with_crlf(std::string_view text);

} // namespace postseal::message
