// SPDX-License-Identifier: Apache-2.0
// What this kernel can do to keep a process away from files (landlock(7)). Sealers use it; without
// it they work, and what one of them could be made to do is worse.
#pragma once

namespace postseal::seal {

/// Landlock's version; 0 where the kernel has none, or nobody may use it.
[[nodiscard]] int landlock_version();

} // namespace postseal::seal
