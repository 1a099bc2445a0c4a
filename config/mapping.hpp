// SPDX-License-Identifier: Apache-2.0
// A map of the file whose keys are all known: anything else in it is a mistake, and is named
// before anything is said to be missing.
#pragma once

#include "config/yaml.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace postseal::config {

class mapping {
  public:
    /// `name` is for messages ("'limits'", "a rule"). Throws on a key that is not in `known`.
    mapping(const source& from, const node& map, std::string name, std::vector<std::string> known);

    /// Null where the key is absent. A key without a value is an error.
    [[nodiscard]] const node* find(std::string_view key) const;

    /// Absent is an error, which says `why` the key is needed.
    [[nodiscard]] const node& need(std::string_view key, std::string_view why) const;

    /// Sets `target` where the key is there; else it keeps its default.
    template<class Target, class Read>
    void take(std::string_view key, Target& target, Read read) const {
        if (const auto* value = find(key)) target = read(from_, *value);
    }

  private:
    const source& from_;
    const node& map_;
    std::string name_;
    std::vector<std::string> known_;
};

} // namespace postseal::config
