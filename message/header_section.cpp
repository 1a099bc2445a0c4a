// SPDX-License-Identifier: Apache-2.0
#include "message/header_section.hpp"

#include "message/token.hpp"

#include <algorithm>

namespace postseal::message {

namespace {

bool is_white(char c) { return c == ' ' || c == '\t'; }

std::string_view without_line_end(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string_view first_line(std::string_view text) {
    return text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
}

bool is_mbox_line(std::string_view line) {
    return line.starts_with("From ") || line.starts_with(">From ");
}

bool may_be_in_name(char c) { return c > ' ' && c < 0x7F && c != ':'; }

// What stands before the colon, white space included; empty where the line is no field.
std::string_view before_colon(std::string_view line) {
    const auto* const name = std::find_if_not(line.begin(), line.end(), may_be_in_name);
    const auto* const colon = std::find_if_not(name, line.end(), is_white);
    if (name == line.begin() || colon == line.end() || *colon != ':') return {};
    return line.substr(0, static_cast<std::size_t>(colon - line.begin()));
}

std::string_view without_white_end(std::string_view text) {
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// A fold of nothing but white space is an empty line to some readers; a lone CR ends a line for
// others.
bool reads_differently(std::string_view line) {
    const auto text = without_line_end(line);
    return text.find('\r') != text.npos || without_white_end(text).empty();
}

// The line joins the field above it: both lie next to each other in the entity.
void extend(header_field& field, std::string_view line) {
    field.raw = {field.raw.data(), field.raw.size() + line.size()};
}

// True where the line is part of the section.
bool take_line(header_section& section, std::string_view line) {
    if (reads_differently(line)) section.doubtful = true;
    if (is_white(line.front())) {
        // Not below the mbox line: nobody folds that, so it would be text.
        if (section.fields.empty() || section.fields.back().name.empty()) return false;
        extend(section.fields.back(), line);
        return true;
    }
    if (section.fields.empty() && is_mbox_line(line)) {
        section.fields.push_back({line, {}});
        section.doubtful = true;
        return true;
    }
    const auto left = before_colon(line);
    if (left.empty()) return false;
    const auto name = without_white_end(left);
    if (name.size() < left.size()) section.doubtful = true;
    section.fields.push_back({line, name});
    return true;
}

} // namespace

header_section read_header_section(std::string_view entity) {
    header_section section;
    while (section.body_offset < entity.size()) {
        const auto line = first_line(entity.substr(section.body_offset));
        if (without_line_end(line).empty()) {
            section.terminated = true;
            section.body_offset += line.size();
            break;
        }
        if (!take_line(section, line)) {
            section.doubtful = true;
            break;
        }
        section.body_offset += line.size();
    }
    return section;
}

std::string_view header_field::body() const {
    const auto text = without_line_end(raw);
    return name.empty() ? text : text.substr(text.find(':') + 1);
}

std::string unfolded(const header_field& field) {
    std::string line;
    for (auto rest = field.body(); !rest.empty();) {
        const auto piece = first_line(rest);
        line += without_line_end(piece);
        rest.remove_prefix(piece.size());
    }
    const auto start = std::min(line.find_first_not_of(" \t"), line.size());
    line.erase(0, start);
    line.erase(line.find_last_not_of(" \t") + 1);
    return line;
}

const header_field* header_section::find(std::string_view name) const {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const header_field& field) {
        return same_token(field.name, name);
    });
    return found == fields.end() ? nullptr : &*found;
}

std::size_t header_section::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(fields.begin(), fields.end(),
                      [&](const header_field& field) { return same_token(field.name, name); }));
}

} // namespace postseal::message
