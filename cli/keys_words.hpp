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

    [[nodiscard]] int run() const { return command_(read_); }

  private:
    using command = int (*)(const keys_options&);
    CLI::App* add(const char* name, const char* what, command meant);
    void add_looking();
    void add_changing();
    void add_moving();
    CLI::Option* add_address(CLI::App& to, const char* what);
    CLI::Option* add_domain(CLI::App& to, const char* what);
    void add_yes(CLI::App& to);

    CLI::App* group_;
    command command_ = nullptr;
    keys_options read_;
};

} // namespace postseal::cli
