// SPDX-License-Identifier: Apache-2.0
#include "config/never_matching.hpp"

#include "config/pattern.hpp"
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

// One after the other: the characters and classes of an expression, and what is behind them.
class expression_reader {
  public:
    explicit expression_reader(std::string_view expression) : rest_(expression) {}

    /// `^` behind something that stands for a character, `$` before it: there is no second line in
    /// a text. Whatever is hard to tell, as alternatives and flags, is taken for possible.
    [[nodiscard]] bool is_impossible() {
        bool letters = false, ended = false, found = false;
        while (!rest_.empty()) {
            if (rest_.starts_with('^')) {
                found = found || letters;
                rest_.remove_prefix(1);
                if (is_repeated()) return false;
            } else if (rest_.starts_with('$')) {
                ended = true;
                rest_.remove_prefix(1);
                if (is_repeated()) return false;
            } else {
                if (!take_character()) return false;
                if (is_repeated() && !rest_.starts_with('+')) return false;
                if (rest_.starts_with('+')) rest_.remove_prefix(1);
                found = found || ended;
                letters = true;
            }
        }
        return found;
    }

  private:
    [[nodiscard]] bool is_repeated() const {
        return !rest_.empty() &&
               std::string_view("?*+{").find(rest_.front()) != std::string_view::npos;
    }

    // A letter, or `[…]`, `.`, `\\d`. Nothing where something else stands there.
    bool take_character() {
        constexpr std::string_view special = "|(){}?*+";
        if (special.find(rest_.front()) != std::string_view::npos) return false;
        std::size_t taken = 1;
        if (rest_.front() == '\\') {
            constexpr std::string_view classes = "dDwWsS";
            if (rest_.size() < 2) return false;
            const char c = rest_[1];
            const bool is_word = is_letter_or_digit(c) || !is_ascii(c);
            if (is_word && classes.find(c) == std::string_view::npos) return false;
            taken = 2;
        } else if (rest_.front() == '[') {
            // The first one may be a ']' itself; of others inside, as of a class's name, too.
            const auto end = rest_.find(']', rest_.starts_with("[^") ? 3 : 2);
            if (end == std::string_view::npos) return false;
            const auto inside = rest_.substr(1, end - 1);
            if (inside.find_first_of("[\\") != std::string_view::npos) return false;
            taken = end + 1;
        }
        while (taken < rest_.size() && (rest_[taken] & 0xC0) == 0x80)
            ++taken; // of the same letter
        rest_.remove_prefix(taken);
        return true;
    }

    std::string_view rest_;
};

std::optional<std::string> why_no_match(std::string_view expression) {
    if (!expression_reader(expression.substr(1, expression.rfind('/') - 1)).is_impossible())
        return std::nullopt;
    return "'^' is the beginning of the text and '$' its end, and here something would have to "
           "stand beyond";
}

} // namespace

std::optional<std::string> why_no_address(std::string_view pattern) {
    if (is_expression(pattern)) return why_no_match(pattern);
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
    if (is_expression(pattern)) return why_no_match(pattern);
    if (message::decode_words(pattern) != pattern)
        return "encoded words are decoded before they are compared; write the text itself";
    return std::nullopt;
}

} // namespace postseal::config
