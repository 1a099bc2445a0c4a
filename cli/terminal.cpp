// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include "message/visible.hpp"
#include "smtp/octets.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>

namespace postseal::cli {
namespace {

/// Of a character that would not be shown; all of them have four digits at most.
std::string escape(std::string_view character) {
    char text[7];
    std::snprintf(text, sizeof text, "\\u%04x", smtp::code_point(character) & 0xffffU);
    return text;
}

/// Octets of the character at the start, shown or not; one where there is none.
std::size_t length_of(std::string_view text) {
    const auto printable = smtp::printable_length(text);
    if (printable > 0) return printable;
    const bool is_c1_control = text.size() > 1 && text[0] == '\xc2' && text[1] < '\xa0';
    return is_c1_control ? 2 : 1;
}

} // namespace

std::string shown(const smtp::mailbox& address) {
    return message::visible(smtp::to_string(address));
}

std::string escaped(std::string_view json) {
    std::string made;
    while (!json.empty()) {
        const auto character = json.substr(0, length_of(json));
        const bool is_broken = character.size() == 1 && !smtp::is_ascii(character.front());
        if (is_broken)
            made += '?';
        else if (message::visible(character) == character)
            made += character;
        else
            made += escape(character);
        json.remove_prefix(character.size());
    }
    return made;
}

std::string json_line(const boost::json::value& of) { return escaped(boost::json::serialize(of)); }

} // namespace postseal::cli
