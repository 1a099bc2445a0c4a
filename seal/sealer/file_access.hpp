// SPDX-License-Identifier: Apache-2.0
// The files that a sealer and its gpg may reach by name. What is open already, and what is sent to
// it, it can use whatever its name.
// Fails: std::system_error, where the kernel has Landlock but it cannot be used.
#pragma once

#include "seal/sealer/gpg.hpp"

namespace postseal::seal {

/// For good, for this process and all that it starts: to run and read what belongs to gpg and the
/// system, to write in the home's workplace. It also hides the memory and the open files of all
/// processes that are not bound by the same (landlock(7)). Nothing where the kernel has no
/// Landlock.
void restrict_files(const gpg_installation& installed);

} // namespace postseal::seal
