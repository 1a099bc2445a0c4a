// SPDX-License-Identifier: Apache-2.0
// How a copy of a message is called: the words of the policy file.
#pragma once

#include "message/header_protection.hpp"

#include <string>

namespace postseal::cli {

/// ", protected (baseline)"; empty where it is not.
[[nodiscard]] std::string remark_of(message::header_protection how);

} // namespace postseal::cli
