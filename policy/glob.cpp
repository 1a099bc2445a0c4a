// SPDX-License-Identifier: Apache-2.0
// How a pattern of the policy file meets an address.
#include "policy/rules.hpp"

namespace postseal::policy {

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

// The two halves are matched apart, so that no '*' reaches across the '@': "*@tickets.*" must not
// match the quoted local part in "x@tickets.a"@elsewhere.example. The domain goes first, because in
// a long list it is what differs.
bool address_matches(std::string_view pattern, const smtp::mailbox& address) {
    const auto at = pattern.rfind('@');
    if (at == std::string_view::npos) return glob_matches(pattern, address.domain);
    return glob_matches(pattern.substr(at + 1), address.domain) &&
           glob_matches(pattern.substr(0, at), address.local_part);
}

} // namespace postseal::policy
