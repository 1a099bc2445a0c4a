// SPDX-License-Identifier: Apache-2.0
// How long a client waits for the answer to its message, and what has to have happened by when:
// one that gives up sends again what has been delivered, or tells its user that it was not.
#pragma once

#include <chrono>

namespace postseal::relay {

struct client_patience {
    using time = std::chrono::steady_clock::time_point;

    /// From the client's final dot, and how long a client waits at the least.
    client_patience(time final_dot, std::chrono::milliseconds whole)
        : first_commit(final_dot + whole / 3),
          others(final_dot + whole / 2),
          answer(final_dot + whole) {}

    time first_commit; ///< nothing is handed over for the first time after this
    time others;       ///< no later delivery is begun, and no answer to a command waited for
    time answer;       ///< nor to a message: the client has to hear now
};

} // namespace postseal::relay
