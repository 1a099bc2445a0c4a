// SPDX-License-Identifier: Apache-2.0
// The addresses that a rule or a list names: whole ones, domains, patterns and expressions. A
// hundred thousand whole addresses and domains cost one look into a table; each pattern with a star
// and each expression costs its own. Limits: none of its own; who reads the file has them.
#pragma once

#include "policy/text_pattern.hpp"
#include "smtp/mailbox.hpp"

#include <cstddef>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace postseal::policy {

/// An address as the sets compare it: folded, and folded once.
class folded_address {
  public:
    explicit folded_address(const smtp::mailbox& address);

    [[nodiscard]] std::string_view whole() const { return whole_; } ///< the local part unquoted
    [[nodiscard]] std::string_view local_part() const;
    [[nodiscard]] std::string_view domain() const;

  private:
    std::string whole_;
    std::size_t at_; // of the '@'
};

/// A pattern without '@' is a glob for the domain and matches every address in it. A pattern with
/// '@' is two globs, for the local part (unquoted) and for the domain. "example.org" does not match
/// its subdomains, "*.example.org" matches nothing but subdomains, at any depth.
[[nodiscard]] bool address_matches(std::string_view pattern, const folded_address& address);

class address_set {
  public:
    address_set() = default;
    explicit address_set(std::string list_name) : list_name_(std::move(list_name)) {}
    address_set(std::initializer_list<std::string_view> patterns);
    address_set(const address_set&) = delete; // the tables point into the patterns
    address_set& operator=(const address_set&) = delete;
    address_set(address_set&&) noexcept = default;
    address_set& operator=(address_set&&) noexcept = default;

    void add(std::string_view pattern);
    /// That is looked for in the whole address, as folded_address has it.
    void add(text_pattern expression);

    [[nodiscard]] bool contains(const folded_address& address) const;
    /// Whatever this pattern (folded) matches is in the set, for certain.
    [[nodiscard]] bool covers(std::string_view pattern) const;
    /// Of an expression, what it finds: nobody can say but where it is in the set itself.
    [[nodiscard]] bool covers(const text_pattern& expression) const;
    [[nodiscard]] bool empty() const { return patterns_.empty() && expressions_.empty(); }

    /// Of a named list; else empty.
    [[nodiscard]] const std::string& list_name() const { return list_name_; }
    [[nodiscard]] const std::vector<text_pattern>& expressions() const { return expressions_; }
    /// The others, as they were added, in lower case. No two are alike.
    [[nodiscard]] const std::deque<std::string>& patterns() const { return patterns_; }
    /// Those that are neither a whole address nor a whole domain.
    [[nodiscard]] const std::vector<std::string_view>& globs() const { return globs_; }

  private:
    std::string list_name_;
    std::deque<std::string> patterns_;
    std::unordered_set<std::string_view> known_; // every pattern; so the whole addresses too
    std::unordered_set<std::string_view> domains_;
    std::vector<std::string_view> globs_;
    std::vector<text_pattern> expressions_;
};

} // namespace postseal::policy
