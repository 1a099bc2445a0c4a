// SPDX-License-Identifier: Apache-2.0
// `header_profiles:` of the policy files (docs/headers.md): the administrator's own ways to clean a
// header section, and what of them would mean nothing or do harm.
#pragma once

#include "config/yaml.hpp"
#include "message/cleaning.hpp"

#include <map>
#include <memory>
#include <string>

namespace postseal::config {

class header_profiles {
  public:
    /// Adds those of one file. Throws config::error.
    void read(const source& from, const node& profiles);

    /// `headers:` of a rule: one of ours, or an own one by its name. Throws config::error.
    [[nodiscard]] message::chosen_profile choose(const source& from, const node& value) const;

  private:
    std::map<std::string, std::shared_ptr<const message::own_profile>> own_;
};

} // namespace postseal::config
