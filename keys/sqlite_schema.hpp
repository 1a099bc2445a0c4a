// SPDX-License-Identifier: Apache-2.0
// The tables of the SQLite store, step by step from the first version to this one.
#pragma once

#include <sqlite3.h>

#include <filesystem>

namespace postseal::keys {

/// Takes the steps that are missing, all or none; `file` is for what is told where that fails.
/// Fails: std::runtime_error, also where a newer version has written the file.
void bring_up_to_date(const std::filesystem::path& file, sqlite3* opened);

} // namespace postseal::keys
