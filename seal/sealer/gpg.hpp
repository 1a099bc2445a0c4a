// SPDX-License-Identifier: Apache-2.0
// One run of gpg that the sealer starts itself: no fork of its own memory, gpg reads and writes the
// job's files directly, and has no other descriptors.
// Fails: a gpg that cannot be started counts as one that ended badly.
#pragma once

#include "seal/descriptor.hpp"
#include "seal/sealer/children.hpp"
#include "seal/status_lines.hpp"

#include <string>
#include <vector>

namespace postseal::seal {

struct gpg_installation {
    std::string program;
    std::string home;
};

/// What gpg gets. The files are the caller's, and read and written from where their offsets are.
struct gpg_run {
    std::vector<std::string> arguments;    ///< after those that every run has
    const descriptor* input = nullptr;     ///< its standard input; none: nothing to read
    const descriptor* output = nullptr;    ///< its standard output; none: nowhere
    std::vector<const descriptor*> others; ///< kept open under their numbers: "-&7" names one
};

struct gpg_result {
    status_lines said;
    exits ended;
};

/// Returns when gpg and all that it started have ended.
[[nodiscard]] gpg_result run(const gpg_installation& installed, const gpg_run& wanted);

/// How gpg is told of an open file, with its option for special file names, which every run has.
[[nodiscard]] std::string special_name(const descriptor& file);

} // namespace postseal::seal
