// SPDX-License-Identifier: Apache-2.0
// The files that `policy:` of postseal.yaml means: one, or several in their order, where a folder
// stands for all in it whose names end with .yaml; and what lies in such a folder and is not read.
#pragma once

#include "config/settings.hpp"
#include "config/yaml.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

namespace postseal::config {

/// Those of a folder are in the order of their names. Throws config::error.
[[nodiscard]] policy_place find_policy(const source& from, const node& value);

/// In the folders of the policy, what is neither read as a part of it nor as one of its lists.
/// Names that begin with a dot, and those of backups as editors and packages leave them, are no
/// mistake. Throws config::error where the policy cannot be read any more.
[[nodiscard]] std::vector<std::filesystem::path> find_unread(const policy_place& policy);

/// What to say of one of those.
inline constexpr std::string_view is_not_read =
    "is not read: of a policy's folder only files whose names end with .yaml are";

} // namespace postseal::config
