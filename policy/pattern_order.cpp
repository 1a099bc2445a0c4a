// SPDX-License-Identifier: Apache-2.0
#include "policy/pattern_order.hpp"

#include <algorithm>

namespace postseal::policy {

namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_wildcard(char c) { return c == '*' || c == '?'; }

// A pattern for a domain alone is one for every local part there.
struct halves {
    std::string_view local_part = "*";
    std::string_view domain;

    explicit halves(std::string_view pattern) : domain(pattern) {
        const auto at = pattern.rfind('@');
        if (at == std::string_view::npos) return;
        local_part = pattern.substr(0, at);
        domain = pattern.substr(at + 1);
    }
};

// Where neither has met a wildcard yet, both have to say the same.
template<class Octets>
bool begin_apart(const Octets& a, const Octets& b) {
    auto one = std::begin(a);
    auto other = std::begin(b);
    for (; one != std::end(a) && other != std::end(b); ++one, ++other) {
        if (is_wildcard(*one) || is_wildcard(*other)) return false;
        if (lower(*one) != lower(*other)) return true;
    }
    // The longer one goes on where the other has ended. A '*' may be nothing.
    if (one != std::end(a)) return *one != '*';
    return other != std::end(b) && *other != '*';
}

struct backward {
    std::string_view text;
    [[nodiscard]] auto begin() const { return text.rbegin(); }
    [[nodiscard]] auto end() const { return text.rend(); }
};

} // namespace

// As glob_matches, with the narrow one for the text: what stands for any octet there is met by '?'
// or '*', and what stands for any run of them by '*' alone.
bool glob_covers(std::string_view wide, std::string_view narrow) {
    constexpr auto none = std::string_view::npos;
    std::size_t w = 0;
    std::size_t n = 0;
    std::size_t star = none;
    std::size_t swallowed = 0;
    while (n < narrow.size()) {
        const bool one_octet = narrow[n] != '*';
        if (w < wide.size() && wide[w] == '*') {
            star = w++;
            swallowed = n;
        } else if (w < wide.size() && one_octet &&
                   (wide[w] == '?' || lower(wide[w]) == lower(narrow[n]))) {
            ++w;
            ++n;
        } else if (star != none) {
            w = star + 1;
            n = ++swallowed;
        } else {
            return false;
        }
    }
    return wide.find_first_not_of('*', w) == none;
}

bool globs_are_apart(std::string_view a, std::string_view b) {
    return begin_apart(a, b) || begin_apart(backward{a}, backward{b});
}

bool pattern_covers(std::string_view wide, std::string_view narrow) {
    const halves all(wide), some(narrow);
    return glob_covers(all.domain, some.domain) && glob_covers(all.local_part, some.local_part);
}

bool patterns_are_apart(std::string_view a, std::string_view b) {
    const halves one(a), other(b);
    return globs_are_apart(one.domain, other.domain) ||
           globs_are_apart(one.local_part, other.local_part);
}

} // namespace postseal::policy
