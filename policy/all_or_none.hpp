// SPDX-License-Identifier: Apache-2.0
// `encrypt: all-or-none`: who is under such a rule is sealed to if everybody outside can be, so
// that no answer to all quotes in clear what was sealed for some. It is a wish, not a demand: what
// `required` and pins ask goes before it.
#pragma once

#include "policy/decider.hpp"
#include "policy/plan.hpp"
#include "policy/standing.hpp"

#include <string>
#include <vector>

namespace postseal::policy {

/// Changes those decisions that hang on the others. Each says what its recipient alone would get,
/// with the standing of the same index; `findings` may be shorter. `envelope` has them all;
/// `unjudged` says that somebody was left out who may not be sealed to. `by` has decided, and hears
/// of who has to wait for the others.
void settle_all_or_none(std::vector<decision>& decisions, const std::vector<standing>& standings,
                        const std::vector<std::optional<keys::finding>>& findings,
                        const smtp::envelope& envelope, bool unjudged, decider& by);

} // namespace postseal::policy
