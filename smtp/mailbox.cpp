// SPDX-License-Identifier: Apache-2.0
#include "smtp/mailbox.hpp"

#include "smtp/octets.hpp"

#include <algorithm>
#include <charconv>

namespace postseal::smtp {

namespace {

constexpr std::string_view all_routing_marks = "%!@";

constexpr std::size_t max_label = 63;

bool is_dot_atom(std::string_view text) {
    if (text.empty() || text.front() == '.' || text.back() == '.') return false;
    if (text.find("..") != std::string_view::npos) return false;
    return std::ranges::all_of(text, [](char c) { return c == '.' || is_atext(c); });
}

// Takes `"quoted"` from the front of `text`, and returns what the quotes and escapes stand for.
std::optional<std::string> take_quoted(std::string_view& text) {
    std::string content;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return content;
        }
        if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
        content += text[i];
    }
    return std::nullopt;
}

std::optional<std::string> take_local_part(std::string_view& text) {
    if (text.starts_with('"')) return take_quoted(text);
    const auto local = text.substr(0, text.find('@'));
    if (!is_dot_atom(local)) return std::nullopt;
    text.remove_prefix(local.size());
    return std::string(local);
}

bool is_ipv4(std::string_view text) {
    for (int octets_left = 4; octets_left > 0; --octets_left) {
        const auto octet = text.substr(0, text.find('.'));
        unsigned value = 256;
        const auto read = std::from_chars(octet.data(), octet.data() + octet.size(), value);
        if (octet.size() > 3 || read.ptr != octet.data() + octet.size() || value > 255)
            return false;
        text.remove_prefix(octet.size());
        if (octets_left == 1) return text.empty();
        if (!text.starts_with('.')) return false;
        text.remove_prefix(1);
    }
    return false;
}

// Only the alphabet: whether such an address exists is the next hop's to find out.
bool is_address_literal(std::string_view text) {
    if (!text.starts_with('[') || !text.ends_with(']')) return false;
    text = text.substr(1, text.size() - 2);
    if (!equal_ignoring_case(text.substr(0, 5), "IPv6:")) return is_ipv4(text);
    text.remove_prefix(5);
    constexpr std::string_view alphabet = "0123456789abcdefABCDEF:.";
    return text.find(':') != std::string_view::npos &&
           text.find_first_not_of(alphabet) == std::string_view::npos;
}

// Letters, digits and inner hyphens; the underscore, which DNS knows and mail servers take.
bool is_label(std::string_view label) {
    if (label.empty() || label.size() > max_label) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    return std::ranges::all_of(label, [](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '_' || !is_ascii(c);
    });
}

// Full stops of other scripts, which IDNA reads as a dot (RFC 3490 §3.1): "a。b" would be one label
// here and two in the DNS.
bool has_foreign_dot(std::string_view domain) {
    for (const std::string_view dot : {"\u3002", "\uff0e", "\uff61"})
        if (domain.find(dot) != std::string_view::npos) return true;
    return false;
}

bool is_domain(std::string_view text) {
    if (text.empty() || text.size() > max_domain) return false;
    if (text.front() == '[') return is_address_literal(text);
    if (has_foreign_dot(text)) return false;
    for (;;) {
        const auto dot = text.find('.');
        if (!is_label(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

bool is_local_part(std::string_view text) { return !text.empty() && text.size() <= max_local_part; }

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out += '"';
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

} // namespace

std::optional<mailbox> parse_mailbox(std::string_view text, routing_marks marks) {
    if (!is_printable_utf8(text)) return std::nullopt;
    if (equal_ignoring_case(text, "postmaster")) return mailbox{std::string(text), {}};
    auto local = take_local_part(text);
    if (!local || !is_local_part(*local) || !text.starts_with('@')) return std::nullopt;
    text.remove_prefix(1);
    if (!is_domain(text)) return std::nullopt;
    mailbox read{std::move(*local), std::string(text)};
    constexpr std::size_t brackets = 2; // the limit is that of a path, <local@domain>
    if (to_string(read).size() + brackets > max_path) return std::nullopt;
    if (marks == routing_marks::refused && has_routing_marks(read)) return std::nullopt;
    return read;
}

bool has_routing_marks(const mailbox& address) {
    return address.local_part.find_first_of(all_routing_marks) != std::string::npos;
}

std::string to_string(const mailbox& address) {
    auto text = is_dot_atom(address.local_part) ? address.local_part : quoted(address.local_part);
    if (!address.domain.empty()) text += '@' + address.domain;
    return text;
}

std::string folded(const mailbox& address) { return ascii_lower(to_string(address)); }

std::string ascii_lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

std::string ascii_upper(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

} // namespace postseal::smtp
