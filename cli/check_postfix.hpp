// SPDX-License-Identifier: Apache-2.0
// The part of `postseal check` that reads Postfix's settings and says what is wrong between the
// two.
#pragma once

#include "cli/commands.hpp"

#include "config/settings.hpp"

namespace postseal::cli {

/// Returns the exit status: `answer_is_no` where there are errors, or where `strict`, warnings.
/// Throws where postconf or what it
/// has printed cannot be read.
int check_postfix(const config::settings& ours, const postfix_options& options);

} // namespace postseal::cli
