// SPDX-License-Identifier: Apache-2.0
// The tokens of structured fields (RFC 5322 §3.2): what address lists and MIME parameters share.
//
// The lexer only ever moves forward, and keeps nothing but its place: whatever is in a field, and
// however deep its comments nest, reading it takes one pass.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postseal::message {

class field_lexer {
  public:
    /// `text` is a field body, folds and all.
    explicit field_lexer(std::string_view text) : text_(text) {}

    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }

    /// The next character; not at the end.
    [[nodiscard]] char peek() const { return text_[at_]; }
    void drop() { ++at_; }

    /// Drops `wanted` where it comes next.
    bool take_if(char wanted);

    /// White space, line ends and comments, where there are any.
    void skip_cfws();

    /// The content of the quoted string that starts here, without escapes and folds.
    std::string take_quoted_string();

    /// The longest run without any of `stops`.
    std::string_view take_until(std::string_view stops);

    /// A comment or a quoted string did not end: it took all that was left.
    [[nodiscard]] bool broken() const { return broken_; }

  private:
    void skip_comment();

    std::string_view text_;
    std::size_t at_ = 0;
    bool broken_ = false;
};

} // namespace postseal::message
