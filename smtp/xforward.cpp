// SPDX-License-Identifier: Apache-2.0
#include "smtp/xforward.hpp"

#include "smtp/octets.hpp"
#include "smtp/xtext.hpp"

#include <algorithm>

namespace postseal::smtp {

namespace {

constexpr std::size_t max_xforward_line = 512 - 2; // RFC 5321 §4.5.3.1.4, without CRLF

// Postfix's way to say that it does not know, or does not know yet.
bool is_unavailable(std::string_view value) {
    return equal_ignoring_case(value, "[UNAVAILABLE]") ||
           equal_ignoring_case(value, "[TEMPUNAVAIL]");
}

bool is_port(std::string_view value) {
    return value.size() <= 5 && std::ranges::all_of(value, is_digit);
}

// Postfix writes it before IPv6, others do not.
std::string_view without_prefix(std::string_view address) {
    constexpr std::string_view prefix = "IPV6:";
    const bool there = equal_ignoring_case(address.substr(0, prefix.size()), prefix);
    return there ? address.substr(prefix.size()) : address;
}

bool is_address(std::string_view value) {
    value = without_prefix(value);
    constexpr std::string_view alphabet = "0123456789abcdefABCDEF:.";
    return !value.empty() && value.size() <= 45 &&
           value.find_first_not_of(alphabet) == std::string_view::npos;
}

bool is_valid(std::string_view name, std::string_view value) {
    if (value.empty() || value.size() > max_xforward_value) return false;
    if (std::ranges::any_of(value, is_control)) return false;
    if (is_unavailable(value)) return true;
    if (name == "PORT") return is_port(value);
    if (name == "ADDR") return is_address(value);
    if (name == "SOURCE")
        return equal_ignoring_case(value, "LOCAL") || equal_ignoring_case(value, "REMOTE");
    return true; // names, HELO and IDENT are whatever the client said
}

std::string upper_name(std::string_view text) {
    for (const auto name : xforward_attributes)
        if (equal_ignoring_case(name, text)) return std::string(name);
    return {};
}

bool has(const std::vector<parameter>& attributes, std::string_view name) {
    return std::ranges::find(attributes, name, &parameter::keyword) != attributes.end();
}

reply bad_attribute(std::string_view text) {
    return make_reply(501, "5.5.4",
                      "XFORWARD attribute " + std::string(text.substr(0, 64)) +
                          " is unknown, given twice or has no usable value");
}

} // namespace

boost::system::result<command, reply> parse_xforward(std::string_view arguments) {
    xforward read;
    while (!arguments.empty()) {
        const auto word = arguments.substr(0, arguments.find(' '));
        arguments.remove_prefix(std::min(arguments.size(), word.size() + 1));
        if (word.empty()) continue;
        const auto equals = word.find('=');
        if (equals == std::string_view::npos) return bad_attribute(word);
        auto name = upper_name(word.substr(0, equals));
        auto value = decode_xtext(word.substr(equals + 1));
        if (name.empty() || !value || has(read.attributes, name) || !is_valid(name, *value))
            return bad_attribute(word);
        read.attributes.push_back({std::move(name), std::move(*value)});
    }
    if (read.attributes.empty())
        return make_reply(501, "5.5.4", "Syntax: XFORWARD attribute=value ...");
    return command(std::move(read));
}

std::optional<ip_address> xforward_client(const std::vector<parameter>& attributes) {
    const auto addr = std::ranges::find(attributes, "ADDR", &parameter::keyword);
    if (addr == attributes.end()) return std::nullopt;
    return parse_ip_address(without_prefix(addr->value));
}

std::vector<std::string> xforward_lines(const std::vector<parameter>& attributes,
                                        const std::vector<std::string>& offered) {
    constexpr std::string_view verb = "XFORWARD";
    std::vector<std::string> lines;
    for (const auto& [name, value] : attributes) {
        if (std::ranges::find(offered, name) == offered.end()) continue;
        auto text = ' ' + name + '=' + encode_xtext(value);
        // Only odd octets throughout can make one value this long; nobody needs it in a log.
        if (verb.size() + text.size() > max_xforward_line) text = ' ' + name + "=[UNAVAILABLE]";
        if (lines.empty() || lines.back().size() + text.size() > max_xforward_line)
            lines.emplace_back(verb);
        lines.back() += text;
    }
    return lines;
}

} // namespace postseal::smtp
