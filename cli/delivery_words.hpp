// SPDX-License-Identifier: Apache-2.0
// How a copy of a message is called: the words of the policy file.
#pragma once

#include "message/clean.hpp"
#include "message/header_protection.hpp"

#include <string>
#include <string_view>

namespace postseal::cli {

[[nodiscard]] std::string_view name_of(message::profile headers);

/// ", protected (baseline)"; empty where it is not.
[[nodiscard]] std::string remark_of(message::header_protection how);

} // namespace postseal::cli
