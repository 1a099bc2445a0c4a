// SPDX-License-Identifier: Apache-2.0
#include "smtp/glob.hpp"

#include <cstddef>

namespace postseal::smtp {

namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

} // namespace

// Two pointers and one place to fall back to: the latest '*'. An earlier star never needs a second
// try, since the latest one can take over whatever it would have swallowed.
bool glob_matches(std::string_view pattern, std::string_view text) {
    constexpr auto none = std::string_view::npos;
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = none;   // of the latest '*'
    std::size_t swallowed = 0; // the text before this is what that '*' stands for
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            swallowed = t;
        } else if (p < pattern.size() &&
                   (pattern[p] == '?' || lower(pattern[p]) == lower(text[t]))) {
            ++p;
            ++t;
        } else if (star != none) {
            p = star + 1;
            t = ++swallowed;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') {
        ++p;
    }
    return p == pattern.size();
}

} // namespace postseal::smtp
