// SPDX-License-Identifier: Apache-2.0
// Words of the command line that many commands have.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>

namespace postseal::cli {

/// `--config`, into `where`, which gets its default.
inline void add_configuration(CLI::App& command, std::filesystem::path& where) {
    where = "/etc/postseal/postseal.yaml";
    command.add_option("-c,--config", where, "The configuration file")
        ->capture_default_str()
        ->type_name("FILE");
}

} // namespace postseal::cli
