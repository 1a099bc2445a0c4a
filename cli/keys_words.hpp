// SPDX-License-Identifier: Apache-2.0
// The words of `postseal keys` on the command line.
#pragma once

#include "cli/commands.hpp"

#include <CLI/CLI.hpp>

namespace postseal::cli {

class keys_words {
  public:
    explicit keys_words(CLI::App& app);
    // Options are written to members of this one.
    keys_words(const keys_words&) = delete;
    keys_words& operator=(const keys_words&) = delete;

    [[nodiscard]] int run() const { return keys_find(read_); }

  private:
    CLI::App* group_;
    find_options read_;
};

} // namespace postseal::cli
