// SPDX-License-Identifier: Apache-2.0
// The marks by which a sender asks for something, a tag in the subject ("[seal]") or a header field
// of their own ("X-Seal: required"): whether a message has one, and its fields without them.
//
// Readers outside are not to see them, and an answer that quotes the subject is not to ask again.
// Fails: never. What has no mark keeps its bytes.
#pragma once

#include "message/facts.hpp"
#include "message/header_section.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::message {

/// All that are known. Compared without regard to ASCII case.
class requests {
  public:
    /// Printable ASCII that neither begins nor ends with a blank. A blank inside stands for any
    /// white space in the text, a fold of the field too.
    void add_tag(std::string_view tag);
    void add_field(std::string_view name);

    [[nodiscard]] const std::vector<std::string>& tags() const { return tags_; }
    [[nodiscard]] bool empty() const { return tags_.empty() && fields_.empty(); }
    [[nodiscard]] bool has_field(std::string_view name) const;

  private:
    // In lower case, sorted, each once.
    std::vector<std::string> tags_;
    std::vector<std::string> fields_;
};

/// Anywhere in it.
[[nodiscard]] bool has_tag(std::string_view text, std::string_view tag);

/// A field of one of those names, or a subject with one of those tags.
[[nodiscard]] bool has_request(const facts& about, const requests& known);

/// Each tag is cut out, with the white space around it; where there was some, and text is left on
/// both sides, one space or fold stays. None is left, also not one that the cut itself has made.
[[nodiscard]] std::string without_tags(std::string_view text, const requests& known);

/// The field without its tags, empty where nothing at all is to stay of it; nothing where it has no
/// mark. Encoded words without a tag in them stay as they are, where that is possible.
[[nodiscard]] std::optional<std::string> without_requests(const header_field& field,
                                                          const requests& known);

} // namespace postseal::message
