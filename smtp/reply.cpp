// SPDX-License-Identifier: Apache-2.0
#include "smtp/reply.hpp"

#include "smtp/octets.hpp"

#include <algorithm>
#include <utility>

namespace postseal::smtp {

namespace {

// textstring of RFC 5321 §4.2.1 takes a tab; nothing else below a space is text. Beyond ASCII there
// are RFC 6531's replies in UTF-8; what is not UTF-8 could be a control character for somebody.
void append_text(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const auto length = text.front() == '\t' ? 1 : printable_length(text);
        if (length == 0) {
            out += '?';
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

// 200 to 599, or 0.
int read_code(std::string_view line) {
    if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), is_digit)) return 0;
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    return code >= 200 && code < 600 ? code : 0;
}

} // namespace

reply make_reply(int code, std::string enhanced, std::string text) {
    reply made{code, std::move(enhanced), {}};
    made.lines.push_back(std::move(text));
    return made;
}

std::string to_wire(const reply& answer, status_codes codes) {
    const auto code = std::to_string(answer.code);
    const bool with_enhanced = codes == status_codes::enhanced && !answer.enhanced.empty();
    const std::size_t count = std::max<std::size_t>(answer.lines.size(), 1);
    std::string wire;
    for (std::size_t i = 0; i < count; ++i) {
        wire += code;
        wire += i + 1 < count ? '-' : ' ';
        if (with_enhanced) wire += answer.enhanced + ' '; // on every line: RFC 2034 §3
        if (i < answer.lines.size()) append_text(wire, answer.lines[i]);
        wire += "\r\n";
    }
    return wire;
}

std::string to_log(const reply& answer) {
    auto text = std::to_string(answer.code);
    if (!answer.enhanced.empty()) text += ' ' + answer.enhanced;
    std::string_view separator = " ";
    for (const auto& line : answer.lines) {
        text += separator;
        if (text.size() >= max_logged) return text + "...";
        const auto room = max_logged - text.size();
        append_text(text, std::string_view(line).substr(0, room));
        if (line.size() > room) return text + "...";
        separator = " / ";
    }
    return text;
}

reply_reader::state reply_reader::on_line(std::string_view line) {
    const int code = read_code(line);
    const char mark = line.size() > 3 ? line[3] : ' ';
    const bool another_code = !collected_.lines.empty() && code != collected_.code;
    if (code == 0 || another_code || (mark != ' ' && mark != '-') || line.size() > max_line ||
        collected_.lines.size() == max_lines)
        broken_ = true;
    if (broken_) return state::malformed;
    collected_.code = code;
    collected_.lines.emplace_back(line.substr(std::min<std::size_t>(line.size(), 4)));
    return mark == '-' ? state::more : state::complete;
}

reply reply_reader::take() { return std::exchange(collected_, {}); }

} // namespace postseal::smtp
