// SPDX-License-Identifier: Apache-2.0
// One sealer as a process: its start, its end, and the proof that nothing of it is left.
// A sealer leads a process group; gpg cannot leave it. The calling process has to be a subreaper
// (prctl(2)), so that a killed sealer's gpg becomes its child and can be waited for.
// Fails: std::system_error when it cannot be started.
#pragma once

#include "seal/descriptor.hpp"
#include "seal/private_home.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <utility>

namespace postseal::seal {

struct sealer_command {
    std::filesystem::path sealer;
    std::filesystem::path gpg;
    std::filesystem::path runtime_directory;
    std::uint64_t max_output = 0;
};

class sealer_process {
  public:
    /// Call it on a thread that lives as long as the sealer shall: it is told to die with that one.
    explicit sealer_process(const sealer_command& command);
    sealer_process(sealer_process&&) = delete;
    /// Kills what is left, without waiting for it.
    ~sealer_process();

    [[nodiscard]] int id() const { return id_; }
    /// Our end of the socket, non-blocking; and what is readable once the process has ended. Each
    /// can be taken once.
    [[nodiscard]] descriptor take_socket() { return std::move(socket_); }
    [[nodiscard]] descriptor take_exit_watch() { return std::move(exit_watch_); }

    /// Kills the sealer and everything that it started.
    void kill() const;

    /// Collects what has ended. True once the whole group is gone.
    [[nodiscard]] bool reap();

  private:
    private_home home_;
    descriptor socket_;
    descriptor exit_watch_;
    pid_t id_ = -1;
    bool gone_ = false;
};

} // namespace postseal::seal
