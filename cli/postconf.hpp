// SPDX-License-Identifier: Apache-2.0
// Runs Postfix's postconf(1), or reads what it has printed before.
#pragma once

#include "cli/commands.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>

namespace postseal::cli {

class incomplete_output : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// All parameters with their defaults, all services, all overrides: three runs, without a shell.
/// Throws std::runtime_error, with a sentence, when postconf is not there or fails.
[[nodiscard]] std::string ask_postconf(const postfix_options& options);

/// A file, or "-" for standard input. Limit: 16 MiB.
[[nodiscard]] std::string read_saved(const std::filesystem::path& file);

} // namespace postseal::cli
