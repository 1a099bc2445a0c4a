// SPDX-License-Identifier: Apache-2.0
// What is well written and says nothing: no error, since mail is judged as the file says, but
// hardly what its author meant.
#pragma once

#include "config/source.hpp"

#include <string>
#include <utility>
#include <vector>

namespace postseal::config {

class remarks {
  public:
    void add(const source& from, position at, const std::string& what) {
        all_.push_back(from.at(at, "warning: " + what));
    }

    /// In the order in which they were made. Nobody throws them.
    [[nodiscard]] std::vector<error> take() { return std::move(all_); }

  private:
    std::vector<error> all_;
};

} // namespace postseal::config
