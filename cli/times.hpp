// SPDX-License-Identifier: Apache-2.0
// Times as administrators read them.
#pragma once

#include <chrono>
#include <string>

namespace postseal::cli {

[[nodiscard]] std::chrono::sys_seconds now();

/// "45s", "12min", "3h", "2d": rounded down.
[[nodiscard]] std::string span(std::chrono::seconds length);

} // namespace postseal::cli
