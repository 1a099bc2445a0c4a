// SPDX-License-Identifier: Apache-2.0
// Opens the file of the SQLite store: private, sound, and with the schema of this version.
// Fails: std::runtime_error with a sentence that names the file and what to do.
#pragma once

#include "keys/sqlite_statement.hpp"

#include <filesystem>
#include <string>

namespace postseal::keys {

/// Creates the file (mode 0600) where there is none, and brings an older one up to date. Waits for
/// somebody who has it locked, for a while.
[[nodiscard]] sqlite_handle open_sqlite_file(const std::filesystem::path& file);

/// Throws what `code`, the last one of `opened`, means for the file.
[[noreturn]] void fail_with(const std::filesystem::path& file, sqlite3* opened, int code);

/// Runs statements that answer nothing; throws as fail_with does.
void run_sql(const std::filesystem::path& file, sqlite3* opened, const std::string& sql);

} // namespace postseal::keys
