// SPDX-License-Identifier: Apache-2.0
// Patterns of addresses and domains as the files write them, checked and folded.
#pragma once

#include "config/yaml.hpp"
#include "policy/rules.hpp"

#include <map>
#include <string>

namespace postseal::config {

/// "anna@example.org", "*@example.org", "example.org", "*.example.org".
[[nodiscard]] std::string read_pattern(const source& from, const node& value);

/// "example.org" or "*.example.org": no other pattern names a domain that is ours.
[[nodiscard]] std::string read_local_domain(const source& from, const node& value);

/// Named lists of patterns, `lists:` of the policy file.
class named_lists {
  public:
    named_lists() = default;
    named_lists(const source& from, const node& lists);

    /// `from:` and `to:` of a rule: one pattern, one list's name, or several of both. A bare word
    /// is a list's name; what contains '.', '@', '*' or '?' is a pattern.
    [[nodiscard]] policy::patterns resolve(const source& from, const node& value) const;

    /// `login:` of a rule: globs for whole login names, which need not be addresses ("anna",
    /// "EXAMPLE\\*"), or the names of lists. A bare word is a list's name where there is such a
    /// list; a domain in the list stands for every address in it.
    [[nodiscard]] policy::patterns resolve_logins(const source& from, const node& value) const;

  private:
    void add(const source& from, const node& one, policy::patterns& into) const;
    void add_logins(const source& from, const node& one, policy::patterns& into) const;
    [[nodiscard]] std::string near_name(const std::string& word) const;

    std::map<std::string, policy::patterns> lists_;
};

} // namespace postseal::config
