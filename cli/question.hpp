// SPDX-License-Identifier: Apache-2.0
// Asks the administrator before something is lost.
#pragma once

#include <string>

namespace postseal::cli {

/// Throws where nobody can be asked, with the way out (`--yes`).
void expect_somebody_to_ask();

/// On standard error, which no program reads.
[[nodiscard]] bool is_confirmed(const std::string& question);

} // namespace postseal::cli
