// SPDX-License-Identifier: Apache-2.0
// Of two conditions: does one hold wherever the other does, and is there nothing for which both do?
// For whoever reads a policy and looks for rules that say nothing; mail is not judged by it.
//
// Fails: never. "Yes" is certain; where it is hard to tell, the answer is no.
// Limits: max_effort.
#pragma once

#include "policy/condition.hpp"

#include <cstddef>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace postseal::policy {

/// Comparisons of conditions and patterns, all together: one to three seconds.
inline constexpr std::size_t max_effort = 100'000'000;

class coverage {
  public:
    explicit coverage(std::size_t effort = max_effort) : effort_left_(effort) {}

    /// Nothing makes `narrow` more true than `wide`. With what is not known, too: where `narrow`
    /// holds, `wide` is known to hold, and where `wide` does not, `narrow` is known not to.
    [[nodiscard]] bool covers(const condition& wide, const condition& narrow);

    /// Where one of them holds, the other is known not to.
    [[nodiscard]] bool excludes(const condition& one, const condition& other);

    /// Every address of one is in some of the others.
    [[nodiscard]] bool covers(const std::vector<addresses>& wide, const address_set& narrow);

    /// Every answer since has been no.
    [[nodiscard]] bool is_exhausted() const { return effort_left_ == 0; }

  private:
    friend struct covering;
    friend struct excluding;

    bool spend(std::size_t steps);
    bool can_pair(std::size_t one, std::size_t other);
    bool any_covers(const conditions& wide, const condition& narrow);
    bool set_covers(const addresses& wide, const address_set& narrow);
    bool sets_are_apart(const std::vector<addresses>& one, const std::vector<addresses>& other);
    bool globs_cover(const std::vector<std::string>& wide, const std::vector<std::string>& narrow);
    bool globs_are_all_apart(const std::vector<std::string>& one,
                             const std::vector<std::string>& other);

    std::size_t effort_left_;
    std::map<std::pair<const address_set*, const address_set*>, bool> known_; // of long lists
};

} // namespace postseal::policy
