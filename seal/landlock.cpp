// SPDX-License-Identifier: Apache-2.0
#include "seal/landlock.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

namespace postseal::seal {

int landlock_version() {
    const auto version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? static_cast<int>(version) : 0;
}

} // namespace postseal::seal
