// SPDX-License-Identifier: Apache-2.0
#include "config/never_matching.hpp"

#include "message/encoded_word.hpp"
#include "smtp/mailbox.hpp"

#include <algorithm>

namespace postseal::config {

namespace {

constexpr std::size_t max_label = 63; // RFC 1035 §2.3.4

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Octets of the shortest text that is as the pattern.
std::size_t shortest(std::string_view pattern) {
    return pattern.size() - static_cast<std::size_t>(std::ranges::count(pattern, '*'));
}

// As smtp::parse_mailbox takes them; an underscore is no letter of a host's name, but mail servers
// take it.
bool may_be_in_label(char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '*' || c == '?' || !is_ascii(c);
}

std::optional<std::string> why_no_domain(std::string_view domain) {
    if (domain.starts_with('[')) return std::nullopt; // an address literal has its own alphabet
    if (shortest(domain) > smtp::max_domain) return "no mail domain is as long";
    while (true) {
        const auto label = domain.substr(0, domain.find('.'));
        const auto odd = std::ranges::find_if_not(label, may_be_in_label);
        if (odd != label.end())
            return "no mail domain has a '" + std::string(1, *odd) + "' in its name";
        if (label.starts_with('-') || label.ends_with('-'))
            return "no part of a mail domain begins or ends with a hyphen";
        if (shortest(label) > max_label) return "a part of a domain's name has at most 63 letters";
        if (label.size() == domain.size()) return std::nullopt;
        domain.remove_prefix(label.size() + 1);
    }
}

// `^` behind a letter, `$` before one, in an expression of nothing but letters and dots: there is
// no second line in the text of a header field, and whatever is more than letters may be optional.
bool has_anchor_inside(std::string_view expression) {
    const auto is_plain = [](char c) {
        return is_letter_or_digit(c) || c == ' ' || c == '.' || c == '^' || c == '$';
    };
    if (!std::ranges::all_of(expression, is_plain)) return false;
    const auto behind = expression.find_last_of('^');
    const auto before = expression.find_first_of('$');
    const auto is_anchor = [](char c) { return c == '^' || c == '$'; };
    return (behind != std::string_view::npos &&
            !std::ranges::all_of(expression.substr(0, behind), is_anchor)) ||
           (before != std::string_view::npos &&
            !std::ranges::all_of(expression.substr(before), is_anchor));
}

} // namespace

std::optional<std::string> why_no_address(std::string_view pattern) {
    const auto at = pattern.rfind('@');
    if (at == std::string_view::npos) return why_no_domain(pattern);
    const auto local = pattern.substr(0, at);
    if (shortest(local) > smtp::max_local_part)
        return "what stands before the '@' of an address has at most 64 characters";
    if (local.size() > 1 && local.starts_with('"') && local.ends_with('"'))
        return "quotes around what stands before the '@' are no part of it; write it without";
    return why_no_domain(pattern.substr(at + 1));
}

std::optional<std::string> why_no_text(std::string_view pattern) {
    if (pattern.starts_with('/')) {
        const auto inside = pattern.substr(1, pattern.rfind('/') - 1);
        if (has_anchor_inside(inside))
            return "'^' is the beginning of the text and '$' its end, and here something would "
                   "have to stand beyond";
        return std::nullopt;
    }
    if (message::decode_words(pattern) != pattern)
        return "encoded words are decoded before they are compared; write the text itself";
    return std::nullopt;
}

} // namespace postseal::config
