// SPDX-License-Identifier: Apache-2.0
// Quotes that are not closed in the line in which they open: where, and what to say of it. All that
// follows, up to the next quote of the kind, would be read as one text, rules included.
#pragma once

#include "config/source.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::config {

struct open_quote {
    position at;
    std::string mistake;
};

class quotes {
  public:
    /// Refers to the file.
    explicit quotes(std::string_view yaml);

    /// Whether the quote there is one. Where no quote stands at this place, it is none.
    [[nodiscard]] std::optional<open_quote> open_at(position at) const;

    /// What stands there; nothing behind the end.
    [[nodiscard]] std::optional<char> octet_at(position at) const;

    /// The first one of a file that cannot be parsed, as far as can be told without parsing it.
    [[nodiscard]] std::optional<open_quote> find_open() const;

  private:
    [[nodiscard]] std::optional<std::size_t> offset_of(position at) const;

    std::string_view yaml_;          ///< without a byte order mark
    std::vector<std::size_t> lines_; ///< where each begins
};

} // namespace postseal::config
