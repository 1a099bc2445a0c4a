// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/children.hpp"

#include <sys/wait.h>

#include <cerrno>

namespace postseal::seal {

exits reap_children() {
    exits seen;
    int status = 0;
    for (;;) {
        if (::waitpid(-1, &status, 0) < 0) {
            if (errno == EINTR) continue;
            return seen; // ECHILD: none is left
        }
        if (status != 0) seen.all_zero = false;
        if (WIFSIGNALED(status)) seen.killed = true;
        if (!WIFEXITED(status) || (status != 0 && WEXITSTATUS(status) != 2)) seen.by_itself = false;
    }
}

} // namespace postseal::seal
