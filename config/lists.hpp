// SPDX-License-Identifier: Apache-2.0
// Named lists of addresses, `lists:` of the policy file, and how rules name them.
// Limits: max_list_file octets of a list that has a file of its own.
#pragma once

#include "config/yaml.hpp"
#include "policy/condition.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::config {

/// A hundred thousand addresses fit many times over.
inline constexpr std::size_t max_list_file = 32U << 20;

/// The patterns in a text file of one a line, not yet judged, with their places.
[[nodiscard]] std::vector<node> members_of(const source& list);

/// The text files that `lists:` of a policy file names.
[[nodiscard]] std::vector<std::filesystem::path> list_files(const source& from, const node& policy);

/// Whether `from:` and `to:` take it for the name of a list, and not for a pattern.
[[nodiscard]] bool is_bare_word(std::string_view text);

class named_lists {
  public:
    named_lists() = default;
    /// Adds what `lists:` of one file has: under each name patterns, or `{ file: PATH }`, a text
    /// file with one a line. A name that is there already is a mistake.
    void read(const source& from, const node& lists);

    /// `from:` and `to:` of a rule: one pattern, one list's name, or several of both. A bare word
    /// is a list's name; what contains '.', '@', '*' or '?' is a pattern, and what begins with '/'
    /// an expression.
    [[nodiscard]] std::vector<policy::addresses> resolve(const source& from,
                                                         const node& value) const;

    /// `login:` of a rule: globs for whole login names, which need not be addresses ("anna",
    /// "EXAMPLE\\*"), or the names of lists. A bare word is a list's name where there is such a
    /// list; a domain in the list stands for every address in it.
    [[nodiscard]] std::vector<std::string> resolve_logins(const source& from,
                                                          const node& value) const;

  private:
    void add_logins(const source& from, const node& one, std::vector<std::string>& into) const;
    [[nodiscard]] policy::addresses named(const source& from, const node& word) const;
    [[nodiscard]] std::string near_name(const std::string& word) const;

    std::map<std::string, policy::addresses> lists_;
};

} // namespace postseal::config
