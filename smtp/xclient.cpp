// SPDX-License-Identifier: Apache-2.0
#include "smtp/xclient.hpp"

#include "smtp/mailbox.hpp"
#include "smtp/octets.hpp"
#include "smtp/xtext.hpp"

#include <algorithm>

namespace postseal::smtp {

namespace {

constexpr std::string_view verb = "XCLIENT";
constexpr std::size_t max_line = 512 - 2;  // RFC 5321 §4.5.3.1.4, without CRLF
constexpr std::size_t max_value = 255;     // XCLIENT_README, Note 1
constexpr std::size_t max_host_label = 63; // RFC 1035 §2.3.4
constexpr std::string_view unavailable = "[UNAVAILABLE]";

using lines = std::vector<std::string>;

bool is_label(std::string_view label) {
    const auto is_name = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; };
    return !label.empty() && label.size() <= max_host_label && label.front() != '-' &&
           label.back() != '-' && std::ranges::all_of(label, is_name);
}

// A name such as mail servers take for one: no address, and not only digits.
bool is_host_name(std::string_view name) {
    if (name.size() > max_value) return false;
    if (std::ranges::all_of(name, [](char c) { return is_digit(c) || c == '.'; })) return false;
    for (;;) {
        const auto label = name.substr(0, name.find('.'));
        if (!is_label(label)) return false;
        if (label.size() == name.size()) return true;
        name.remove_prefix(label.size() + 1);
    }
}

std::string host_name(const std::optional<std::string>& name) {
    return name && is_host_name(*name) ? *name : std::string(unavailable);
}

std::string address(const ip_address& told) {
    return (told.is_v4() ? "" : "IPV6:") + to_string(told);
}

std::string helo(const std::string& said) {
    const bool sayable =
        !said.empty() && said.size() <= max_value && std::ranges::all_of(said, is_graphic);
    return sayable ? said : std::string(unavailable);
}

// Postfix's words for "nobody" would take a login away instead of giving one.
bool is_login(std::string_view name) {
    return !name.empty() && name.size() <= max_value && is_printable_utf8(name) &&
           !equal_ignoring_case(name, unavailable) && !equal_ignoring_case(name, "[TEMPUNAVAIL]");
}

std::string attribute(std::string_view name, std::string_view value) {
    return ' ' + std::string(name) + '=' + encode_xtext(value);
}

bool fits(std::string_view line, std::string_view text) {
    return line.size() + text.size() <= max_line;
}

bool has(const extensions& offered, std::string_view name) {
    return std::ranges::find(offered.xclient, name) != offered.xclient.end();
}

reply cannot_say(std::string_view name) {
    return make_reply(
        421, "4.3.5",
        "The mail server behind this relay cannot be told who its client is (XCLIENT " +
            std::string(name) + "); its administrator has to allow that");
}

// What has to stand in the last line, or the attribute that cannot.
boost::system::result<std::string, reply> last_line(const xclient& client,
                                                    const extensions& offered) {
    if (!has(offered, "ADDR")) return cannot_say("ADDR");
    auto text = attribute("ADDR", address(client.source.address));
    if (client.login) {
        if (!has(offered, "LOGIN") || !is_login(*client.login)) return cannot_say("LOGIN");
        text += attribute("LOGIN", *client.login);
    }
    auto line = std::string(verb);
    if (has(offered, "NAME")) {
        const auto name = attribute("NAME", host_name(client.name));
        line += fits(line + name, text) ? name : attribute("NAME", unavailable);
    }
    if (!fits(line, text)) return cannot_say("LOGIN"); // only with hundreds of odd octets
    return line + text;
}

// In the order in which they are wanted in the last line: a next hop forgets HELO and PROTO with
// every XCLIENT that does not name them.
lines others(const xclient& client, const extensions& offered) {
    lines texts;
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!has(offered, name)) return;
        auto text = attribute(name, value);
        if (!fits(verb, text)) text = attribute(name, unavailable);
        texts.push_back(std::move(text));
    };
    add("PROTO", client.proto == client_protocol::smtp ? "SMTP" : "ESMTP");
    add("HELO", helo(client.helo));
    add("PORT", std::to_string(client.source.port));
    add("DESTADDR", address(client.destination.address));
    add("DESTPORT", std::to_string(client.destination.port));
    add("REVERSE_NAME", host_name(client.reverse_name));
    return texts;
}

} // namespace

boost::system::result<lines, reply> xclient_lines(const xclient& client,
                                                  const extensions& offered) {
    auto last = last_line(client, offered);
    if (!last) return last.error();
    lines said;
    for (const auto& text : others(client, offered)) {
        if (fits(*last, text)) {
            *last += text;
            continue;
        }
        if (said.empty() || !fits(said.back(), text)) said.emplace_back(verb);
        said.back() += text;
    }
    said.push_back(std::move(*last));
    return said;
}

} // namespace postseal::smtp
