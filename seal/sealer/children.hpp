// SPDX-License-Identifier: Apache-2.0
// How the processes that worked on a job ended, gpg among them, whoever started them.
#pragma once

namespace postseal::seal {

struct exits {
    bool all_zero = true;
    bool by_itself = true; ///< each with status 0, or 2: something was wrong with the input
    bool killed = false;   ///< at least one, by a signal
};

/// Waits for every child, so that nothing of one job is there for the next. The sealer is a
/// subreaper: children of children are among them.
exits reap_children();

} // namespace postseal::seal
