// SPDX-License-Identifier: Apache-2.0
// What a sealer gives up before it looks at the first byte. gpg inherits all of it.
// Fails: std::system_error. A sealer without its sandbox must not work.
#pragma once

#include "seal/sealer/gpg.hpp"

#include <chrono>
#include <cstdint>

namespace postseal::seal {

/// No network, no other processes, no capabilities, no files but gpg's (where the kernel can
/// keep it from them), no way out of the process group, limits for memory, descriptors and output,
/// no core files. Dies with the relay.
void enter_sandbox(const gpg_installation& installed, std::uint64_t max_output);

/// RLIMIT_CPU counts from a process's start, so a sealer that lives long gets a new limit for every
/// job. gpg, whose count starts at 0, gets no less.
void allow_cpu(std::chrono::seconds budget);

} // namespace postseal::seal
