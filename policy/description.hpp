// SPDX-License-Identifier: Apache-2.0
// A condition in the words of the policy file, for `explain`, `check` and whoever reads their
// output.
#pragma once

#include "policy/condition.hpp"

#include <string>

namespace postseal::policy {

/// "to: lawyers, *@court.example; tls: true"; "not (class: list, report)"; "any of (…; …)". A list
/// is called by its name. Empty where everything holds.
[[nodiscard]] std::string describe(const condition& asked);

} // namespace postseal::policy
