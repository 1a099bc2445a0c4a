// SPDX-License-Identifier: Apache-2.0
#include "message/field_writer.hpp"

#include <algorithm>

namespace postseal::message {

std::string write_field(std::string_view name, std::string_view value) {
    std::string written;
    std::string line(name);
    line += ':';
    bool has_words = false;
    while (true) {
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        if (value.empty()) break;
        const auto word = value.substr(0, value.find(' '));
        value.remove_prefix(word.size());
        // The first word stays beside the name, however long: some readers lose a field whose first
        // line is empty.
        if (has_words && line.size() + 1 + word.size() > usual_line) {
            written += line + "\r\n";
            line.clear();
        }
        has_words = true;
        line += ' ';
        line += word;
        while (line.size() > max_line) {
            written += line.substr(0, max_line) + "\r\n";
            line = ' ' + line.substr(max_line);
        }
    }
    if (!has_words) return {};
    return written + line + "\r\n";
}

} // namespace postseal::message
