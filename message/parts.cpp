// SPDX-License-Identifier: Apache-2.0
#include "message/parts.hpp"

#include "message/preamble.hpp"
#include "message/token.hpp"
#include "smtp/octets.hpp"

#include <algorithm>
#include <optional>

namespace postseal::message {

namespace {

// The first doubt stays: what came later may be its consequence.
void doubt(part& about, std::string_view why) {
    if (about.doubt.empty()) about.doubt = why;
}

// The one field of that name. A second one, and readers choose.
const header_field* only_field(const header_section& section, std::string_view name, part& of) {
    if (section.count(name) > 1) doubt(of, "a Content- field stands there twice");
    return section.find(name);
}

bool is_label(const header_field& field) { return token_matches(field.name, "Content-*"); }

void read_labels(part& to, const header_section& section, std::string_view default_type) {
    for (const auto& field : section.fields) {
        if (is_label(field)) to.label_octets += field.raw.size();
    }
    if (section.doubtful) doubt(to, "a header section that readers understand differently");

    to.type = default_type;
    if (const auto* const field = only_field(section, "Content-Type", to)) {
        to.content_type = read_mime_field(field->body());
        const bool readable = to.content_type.value.find('/') != std::string::npos;
        if (readable) to.type = to.content_type.value;
        if (!readable || !to.content_type.well_formed) doubt(to, "a malformed Content-Type");
    }
    if (const auto* const field = only_field(section, "Content-Disposition", to)) {
        to.disposition = read_mime_field(field->body());
        if (!to.disposition.well_formed) doubt(to, "a malformed Content-Disposition");
    }
    if (const auto* const field = only_field(section, "Content-Transfer-Encoding", to)) {
        to.encoding = read_transfer_encoding(field->body());
        if (to.encoding == transfer_encoding::unknown) doubt(to, "an unknown transfer encoding");
    }
}

// One line that separates parts.
struct delimiter {
    std::size_t begin; // of the line end before it, which belongs to it (RFC 2046 §5.1.1)
    std::size_t end;   // behind its own line end
    bool closing;
};

// Finds the delimiter lines of one multipart, from front to back. What it looks for starts with a
// line end and has no other, so no octet is compared twice, whatever the boundary is.
class delimiter_search {
  public:
    delimiter_search(std::string_view body, std::string_view boundary)
        : body_(body), mark_("\n--" + std::string(boundary)) {}

    std::optional<delimiter> next() {
        if (at_ == 0 && body_.starts_with(mark_.substr(1))) {
            if (const auto line = read_line(0, mark_.size() - 1)) return line;
        }
        for (;;) {
            // The line end of one delimiter may be that before the next.
            const auto found = body_.find(mark_, at_ > 0 && body_[at_ - 1] == '\n' ? at_ - 1 : at_);
            if (found == body_.npos) {
                at_ = body_.size();
                return {};
            }
            const bool with_cr = found > 0 && body_[found - 1] == '\r';
            if (const auto line = read_line(with_cr ? found - 1 : found, found + mark_.size())) {
                return line;
            }
        }
    }

    [[nodiscard]] std::size_t searched() const { return at_; }

    /// Some line starts like a delimiter and goes on: a part's content to us, but not to readers
    /// who compare only so far.
    [[nodiscard]] bool saw_a_longer_line() const { return longer_; }

  private:
    std::optional<delimiter> read_line(std::size_t begin, std::size_t behind_mark);

    std::string_view body_;
    std::string mark_;
    std::size_t at_ = 0;
    bool longer_ = false;
};

// The rest of a line that starts with the boundary: perhaps two dashes, white space, a line end.
std::optional<delimiter> delimiter_search::read_line(std::size_t begin, std::size_t behind_mark) {
    at_ = behind_mark;
    const bool closing = body_.substr(at_).starts_with("--");
    auto end = body_.find_first_not_of(" \t\r", at_ + (closing ? 2 : 0));
    if (end == body_.npos) {
        end = body_.size();
    } else if (body_[end] == '\n') {
        ++end;
    } else {
        longer_ = true;
        return {};
    }
    at_ = end;
    return delimiter{begin, end, closing};
}

class walker {
  public:
    void divide(part& multipart, std::size_t depth);

    [[nodiscard]] std::size_t octets_searched() const { return searched_; }

  private:
    void divide_at(part& multipart, std::string_view boundary, std::size_t depth);
    void add_child(part& multipart, std::string_view entity, std::size_t depth);

    std::size_t parts_ = 1;
    std::size_t searched_ = 0;
};

bool is_usable(std::string_view boundary) {
    return !boundary.empty() && boundary.size() <= max_boundary &&
           std::ranges::none_of(boundary, smtp::is_control);
}

void walker::divide(part& multipart, std::size_t depth) {
    if (!multipart.is_multipart()) return;
    if (depth == max_depth) return doubt(multipart, "parts nested deeper than we look");
    if (multipart.encoding != transfer_encoding::identity) {
        doubt(multipart, "a multipart with a transfer encoding"); // forbidden: RFC 2045 §6.4
    }
    const auto* const boundary = multipart.content_type.find("boundary");
    if (boundary == nullptr || !is_usable(boundary->value)) {
        return doubt(multipart, "a multipart without a usable boundary");
    }
    if (boundary->written == parameter::form::extended || boundary->value.starts_with(' ') ||
        boundary->value.ends_with(' ')) {
        doubt(multipart, "a boundary that few readers understand");
    }
    divide_at(multipart, boundary->value, depth);
}

void walker::divide_at(part& multipart, std::string_view boundary, std::size_t depth) {
    const auto body = multipart.body;
    delimiter_search search(body, boundary);
    auto line = search.next();
    if (!is_known_preamble(body.substr(0, line ? line->begin : body.npos))) {
        doubt(multipart, "text before the first part");
    }
    while (line && !line->closing) {
        if (parts_ == max_parts) {
            doubt(multipart, "more parts than we look at");
            break;
        }
        const auto start = line->end;
        line = search.next();
        const auto end = line ? std::max(line->begin, start) : body.size();
        add_child(multipart, body.substr(start, end - start), depth + 1);
    }
    searched_ += search.searched();
    if (!line) {
        doubt(multipart, "a multipart without its last line");
    } else if (line->closing && !is_blank(body.substr(line->end))) {
        doubt(multipart, "text behind the last part");
    }
    if (search.saw_a_longer_line()) doubt(multipart, "a line that resembles a boundary");
}

void walker::add_child(part& multipart, std::string_view entity, std::size_t depth) {
    ++parts_;
    auto& child = multipart.children.emplace_back();
    const auto section = read_header_section(entity.substr(0, max_part_header));
    const bool cut = !section.terminated && section.body_offset == max_part_header;
    if (cut) {
        child.type = "application/octet-stream";
        child.body = entity;
        return doubt(child, "a part's header section larger than we read");
    }
    const bool digest = multipart.type == "multipart/digest"; // RFC 2046 §5.1.5
    read_labels(child, section, digest ? "message/rfc822" : "text/plain");
    child.label_octets = section.body_offset; // other fields have no meaning here (RFC 2046 §5.1)
    child.body = entity.substr(section.body_offset);
    divide(child, depth);
}

} // namespace

part_tree read_parts(std::string_view message, const header_section& section) {
    part_tree tree;
    read_labels(tree.root, section, "text/plain");
    tree.root.body = message.substr(section.body_offset);
    walker walk;
    walk.divide(tree.root, 0);
    tree.octets_searched = walk.octets_searched();
    return tree;
}

} // namespace postseal::message
