// SPDX-License-Identifier: Apache-2.0
#include "config/quotes.hpp"

#include <algorithm>

namespace postseal::config {

namespace {

constexpr auto none = std::string_view::npos;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_quote(char c) { return c == '"' || c == '\''; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Where the quoted text that begins at `open` ends. In double quotes a backslash takes what is
// behind it, in single ones a quote stands for itself where there are two.
std::size_t end_of_quoted(std::string_view text, std::size_t open) {
    const char quote = text[open];
    for (auto i = open + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            const bool doubled = quote == '\'' && text.substr(i + 1).starts_with(quote);
            if (!doubled) return i;
            ++i;
        }
    }
    return none;
}

// Tells what stands on one line, as far as quotes are concerned, and remembers what goes on on the
// next: brackets, and text below a '>' or '|', where a quote is a letter like others.
class line_reader {
  public:
    /// The column of a quote that the line leaves open.
    std::optional<std::size_t> read(std::string_view line) {
        const auto indent = std::min(line.find_first_not_of(' '), line.size());
        if (in_block_ && (trimmed(line).empty() || indent > parent_)) return std::nullopt;
        in_block_ = false;
        begins_ = true;
        leads_ = true;
        for (std::size_t i = indent; i < line.size(); ++i) {
            if (is_blank(line[i])) continue;
            if (line[i] == '#' && (i == 0 || is_blank(line[i - 1]))) break;
            if (begins_ && is_quote(line[i])) {
                const auto end = end_of_quoted(line, i);
                if (end == none) return i;
                note_node(i);
                begins_ = false;
                i = end;
            } else {
                take(line, i);
            }
            if (in_block_) break;
        }
        return std::nullopt;
    }

  private:
    static std::string_view trimmed(std::string_view line) {
        line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
        return line;
    }

    // Text below is what stands further in than the key or the '-' that it belongs to.
    void note_node(std::size_t column) {
        if (leads_ && brackets_ == 0) parent_ = column;
        leads_ = false;
    }

    void take(std::string_view line, std::size_t i) {
        const char c = line[i];
        const bool stands_alone = i + 1 == line.size() || is_blank(line[i + 1]);
        if (begins_ && brackets_ == 0 && (c == '>' || c == '|')) {
            in_block_ = true;
        } else if (begins_ && (c == '-' || c == '?') && stands_alone) {
            note_node(i);
            leads_ = true;
        } else if ((begins_ || brackets_ > 0) && (c == '[' || c == '{')) {
            note_node(i);
            ++brackets_;
            begins_ = true;
        } else if (brackets_ > 0 && (c == ']' || c == '}')) {
            --brackets_;
            begins_ = false;
        } else if ((c == ':' && stands_alone) || (c == ',' && brackets_ > 0)) {
            begins_ = true;
        } else {
            note_node(i);
            begins_ = false;
        }
    }

    std::size_t brackets_ = 0;
    std::size_t parent_ = 0;
    bool in_block_ = false;
    bool begins_ = true; // a key or a value, with what comes next
    bool leads_ = true;  // nothing but '-' before it
};

} // namespace

quotes::quotes(std::string_view yaml) : yaml_(yaml) {
    if (yaml_.starts_with(byte_order_mark)) yaml_.remove_prefix(byte_order_mark.size());
    for (std::size_t start = 0; start < yaml_.size();) {
        lines_.push_back(start);
        const auto end = yaml_.find('\n', start);
        start = end == none ? yaml_.size() : end + 1;
    }
}

std::optional<std::size_t> quotes::offset_of(position at) const {
    if (at.line < 1 || at.column < 1) return std::nullopt;
    const auto line = static_cast<std::size_t>(at.line - 1);
    if (line >= lines_.size()) return std::nullopt;
    const auto offset = lines_[line] + static_cast<std::size_t>(at.column - 1);
    if (offset >= yaml_.size()) return std::nullopt;
    return offset;
}

std::optional<char> quotes::octet_at(position at) const {
    const auto offset = offset_of(at);
    if (!offset) return std::nullopt;
    return yaml_[*offset];
}

std::optional<open_quote> quotes::open_at(position at) const {
    const auto open = offset_of(at);
    if (!open || !is_quote(yaml_[*open])) return std::nullopt;
    const auto end = end_of_quoted(yaml_, *open);
    if (end == none) return open_quote{at, "the quote that opens here is never closed"};
    if (yaml_.substr(*open, end - *open).find_first_of("\r\n") == none) return std::nullopt;
    return open_quote{at, "the quote that opens here is not closed in this line; a text that is "
                          "meant to be long stands in one line, or indented below 'key: >'"};
}

std::optional<open_quote> quotes::find_open() const {
    line_reader reader;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const auto line = yaml_.substr(lines_[i], yaml_.find('\n', lines_[i]) - lines_[i]);
        if (const auto column = reader.read(line))
            return open_at({static_cast<int>(i) + 1, static_cast<int>(*column) + 1});
    }
    return std::nullopt;
}

} // namespace postseal::config
