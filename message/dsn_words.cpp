// SPDX-License-Identifier: Apache-2.0
// The part for people. They did not choose to meet a mail server, so: no codes but those that the
// server itself said, and always what to do next.
#include "message/date.hpp"
#include "message/dsn_parts.hpp"
#include "message/visible.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace postseal::message {

namespace {

constexpr std::size_t width = 72;      // of a line, where words allow
constexpr std::size_t max_quoted = 10; // lines of a reply

// What we say about all recipients of one event.
struct wording {
    delivery_event what;
    std::string_view happened;
    std::string_view advice;
};

constexpr std::array<wording, 4> wordings{{
    {delivery_event::refused, "Your message could not be delivered to:",
     "It will not be tried again. Please check the address and read why it was refused. When the "
     "cause is mended, send the message again to these recipients only; if you cannot tell what is "
     "wrong, show this notice to your postmaster."},
    {delivery_event::expired,
     "Your message was tried for as long as mail is tried here, and could not be delivered to:",
     "It will not be tried again. Please send it once more later, to these recipients only, or "
     "reach them in another way."},
    {delivery_event::delayed, "Your message could not be delivered yet to:",
     "You need not do anything: it will be tried again. Please do not send it a second time now, "
     "or "
     "these recipients may get it twice."},
    {delivery_event::relayed,
     "Your message was passed on to a mail server that does not tell whether it delivers it, for:",
     "You may hear no more about these recipients. Nothing has gone wrong."},
}};

constexpr std::string_view whose_words =
    "The lines that begin with \"|\" are the words of another mail server, and nobody here has "
    "checked them. Do not follow a link or call a number in them that you do not know.";

constexpr std::string_view last_words =
    "Recipients who are not named here are not meant. Your message is not attached, to keep what "
    "you wrote private; only header lines are, so that you know which message it was.";

// Words in lines of `width`, each begun with `margin`. A word that is longer has a line for itself.
std::string paragraph(std::string_view text, std::string_view margin = {}) {
    std::string out;
    std::string line(margin);
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.empty()) break;
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());
        if (line.size() > margin.size() && line.size() + 1 + word.size() > width) {
            out += line + "\r\n";
            line = margin;
        }
        if (line.size() > margin.size()) line += ' ';
        line += word;
    }
    return line.size() > margin.size() ? out + line + "\r\n" : out;
}

// The mail server's lines stand behind a mark, so that they cannot pass for ours.
std::string quoted(const smtp::reply& said) {
    const auto code = std::to_string(said.code);
    std::string out;
    std::size_t room = smtp::max_logged;
    for (std::size_t i = 0; i < said.lines.size(); ++i) {
        const auto line = std::string_view(said.lines[i]).substr(0, room);
        room -= line.size();
        out += paragraph(code + ' ' + visible(line), "    | ");
        const bool whole = line.size() == said.lines[i].size();
        if (!whole || (i + 1 == max_quoted && i + 1 < said.lines.size()))
            return out + "    | ...\r\n";
    }
    return out;
}

// What a server said when it took the copy helps nobody.
bool has_words(const recipient_report& one) {
    return one.said.code != 0 && one.what != delivery_event::relayed;
}

bool quotes_a_server(const recipient_report& one) {
    return has_words(one) && !are_our_words(one.said);
}

std::string said_about(const recipient_report& one) {
    if (quotes_a_server(one)) {
        const auto who = one.said_by.empty() ? "The mail server" : visible(one.said_by);
        return paragraph(who + " said:", "    ") + quoted(one.said);
    }
    std::string ours;
    for (const auto& line : one.said.lines)
        ours += visible(line) + ' ';
    return has_words(one) ? paragraph(ours, "    ") : std::string{};
}

std::string about(const recipient_report& one) {
    auto text = "\r\n" + paragraph('<' + visible(smtp::to_string(one.to.address)) + '>', "  ");
    text += said_about(one);
    if (one.what == delivery_event::delayed && one.retried_until)
        text +=
            paragraph("It will be tried until " + format_date(*one.retried_until) + ".", "    ");
    return text;
}

std::string section(const dsn& notice, const wording& said) {
    std::string recipients;
    for (const auto& one : notice.recipients)
        if (one.what == said.what) recipients += about(one);
    if (recipients.empty()) return {};
    return "\r\n" + paragraph(said.happened) + recipients + "\r\n" + paragraph(said.advice);
}

} // namespace

std::string words_for_a_person(const dsn& notice) {
    auto text = paragraph("This is the mail system at " + visible(notice.reporting_host) +
                          ". It writes to you about a message that you sent, which came here on " +
                          format_date(notice.arrived) + '.');
    for (const auto& one : wordings)
        text += section(notice, one);
    if (std::ranges::any_of(notice.recipients, quotes_a_server))
        text += "\r\n" + paragraph(whose_words);
    return text + "\r\n" + paragraph(last_words);
}

} // namespace postseal::message
