// SPDX-License-Identifier: Apache-2.0
// How a rule describes a text, as that of a header field: a glob for the whole of it, or an
// expression between slashes that is looked for in it. Expressions are RE2's: time grows with the
// text alone, whatever the expression and whoever wrote the text. Limits: max_expression_memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace postseal::policy {

inline constexpr std::int64_t max_expression_memory = 1 << 20; ///< octets, of one compiled

/// Whether an expression regards the case of letters where it does not say.
enum class letter_case { counts, does_not_count };

class text_pattern {
  public:
    /// "*draft*", or "/expression/", "/expression/i" (without regard to case). A glob never regards
    /// the case of ASCII letters. Nothing, and what is wrong in `mistake`, where the expression is
    /// none.
    [[nodiscard]] static std::optional<text_pattern>
    parse(std::string_view written, std::string& mistake,
          letter_case letters = letter_case::counts);

    /// `text` is UTF-8; octets that are not match no letter of an expression.
    [[nodiscard]] bool matches(std::string_view text) const;

    [[nodiscard]] const std::string& written() const { return written_; }

  private:
    text_pattern(std::string written, std::shared_ptr<const re2::RE2> expression);

    std::string written_;
    std::shared_ptr<const re2::RE2> expression_; // none: a glob
};

} // namespace postseal::policy
