// SPDX-License-Identifier: Apache-2.0
#include "policy/address_set.hpp"

#include "policy/pattern_order.hpp"
#include "smtp/glob.hpp"

#include <algorithm>
#include <utility>

namespace postseal::policy {

folded_address::folded_address(const smtp::mailbox& address)
    : whole_(smtp::ascii_lower(address.local_part + "@" + address.domain)),
      at_(address.local_part.size()) {}

std::string_view folded_address::local_part() const { return whole().substr(0, at_); }
std::string_view folded_address::domain() const { return whole().substr(at_ + 1); }

// The two halves are matched apart, so that no '*' reaches across the '@': "*@tickets.*" must not
// match the quoted local part in "x@tickets.a"@elsewhere.example. The domain goes first, because in
// a long list it is what differs.
bool address_matches(std::string_view pattern, const folded_address& address) {
    const auto at = pattern.rfind('@');
    if (at == std::string_view::npos) return smtp::glob_matches(pattern, address.domain());
    return smtp::glob_matches(pattern.substr(at + 1), address.domain()) &&
           smtp::glob_matches(pattern.substr(0, at), address.local_part());
}

address_set::address_set(std::initializer_list<std::string_view> patterns) {
    for (const auto pattern : patterns)
        add(pattern);
}

void address_set::add(std::string_view pattern) {
    auto folded = smtp::ascii_lower(pattern);
    if (known_.contains(folded)) return;
    const std::string_view kept = patterns_.emplace_back(std::move(folded));
    known_.insert(kept);
    const auto domain = kept.starts_with("*@") ? kept.substr(2) : kept;
    if (domain.find_first_of("*?") != std::string_view::npos) {
        globs_.push_back(kept);
    } else if (domain.find('@') == std::string_view::npos) {
        domains_.insert(domain);
    }
}

void address_set::add(text_pattern expression) { expressions_.push_back(std::move(expression)); }

// A domain that was added is among the known patterns too, but no address is spelt like one.
bool address_set::contains(const folded_address& address) const {
    if (known_.contains(address.whole()) || domains_.contains(address.domain())) return true;
    return std::ranges::any_of(
               globs_,
               [&](std::string_view pattern) { return address_matches(pattern, address); }) ||
           std::ranges::any_of(expressions_, [&](const text_pattern& expression) {
               return expression.matches(address.whole());
           });
}

bool address_set::covers(std::string_view pattern) const {
    const auto domain = pattern.substr(pattern.rfind('@') + 1); // npos + 1: all of it
    if (known_.contains(pattern) || domains_.contains(domain)) return true;
    return std::ranges::any_of(
        globs_, [&](std::string_view wide) { return pattern_covers(wide, pattern); });
}

bool address_set::covers(const text_pattern& expression) const {
    constexpr std::string_view everybody = "*@*";
    return covers(everybody) || std::ranges::find(expressions_, expression.written(),
                                                  &text_pattern::written) != expressions_.end();
}

} // namespace postseal::policy
