// SPDX-License-Identifier: Apache-2.0
#include "message/example_letter.hpp"

#include "message/token.hpp"

#include <algorithm>
#include <string_view>

namespace postseal::message {

namespace {

constexpr std::string_view boundary = "=_letter";
constexpr std::size_t padding_line = 78; // octets with its line end

std::string joined(const std::vector<smtp::mailbox>& addresses) {
    std::string text;
    for (const auto& one : addresses)
        text += (text.empty() ? "" : ",\r\n ") + smtp::to_string(one);
    return text;
}

bool is_given(const example_letter& what, std::string_view name) {
    return std::ranges::any_of(what.header,
                               [&](const auto& one) { return same_token(one.first, name); });
}

std::string header_of(const example_letter& what) {
    std::string fields;
    const auto add = [&](std::string_view name, const std::string& text) {
        if (!is_given(what, name)) fields.append(name).append(": ").append(text).append("\r\n");
    };
    add("From", what.from ? smtp::to_string(*what.from) : "<>");
    if (!what.to.empty()) add("To", joined(what.to));
    add("Subject", "an example");
    if (!what.attachment.empty()) {
        add("MIME-Version", "1.0");
        add("Content-Type", "multipart/mixed; boundary=\"" + std::string{boundary} + "\"");
    }
    for (const auto& [name, text] : what.header)
        fields.append(name).append(": ").append(text).append("\r\n");
    return fields;
}

std::string delimiter(std::string_view end = {}) {
    return "--" + std::string{boundary} + std::string{end} + "\r\n";
}

// In front of the text: whole lines, and what is left on its first one.
std::string padding(std::uint64_t octets) {
    std::string text;
    text.reserve(octets);
    for (; octets >= padding_line; octets -= padding_line)
        text += std::string(padding_line - 2, 'x') + "\r\n";
    return text + std::string(octets, 'x');
}

} // namespace

std::string write_letter(const example_letter& what) {
    const auto text = with_crlf(what.text);
    auto front = header_of(what) + "\r\n";
    std::string behind;
    if (!what.attachment.empty()) {
        front += delimiter() + "Content-Type: text/plain; charset=utf-8\r\n\r\n";
        behind = "\r\n" + delimiter() +
                 "Content-Type: application/octet-stream\r\n"
                 "Content-Disposition: attachment; filename=\"" +
                 what.attachment + "\"\r\n\r\ncontent\r\n" + delimiter("--");
    }
    const auto octets = front.size() + text.size() + behind.size();
    return front + padding(what.size > octets ? what.size - octets : 0) + text + behind;
}

std::string with_crlf(std::string_view text) {
    std::string made;
    made.reserve(text.size() + text.size() / 32);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) made += '\r';
        made += text[i];
    }
    if (!made.ends_with("\r\n")) made += "\r\n";
    return made;
}

} // namespace postseal::message
