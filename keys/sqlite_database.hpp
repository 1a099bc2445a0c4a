// SPDX-License-Identifier: Apache-2.0
// One connection to the file of the SQLite store, and what is asked of it. For one thread at a
// time. Fails: the constructor as open_sqlite_file does; queries by SQLite's result code.
#pragma once

#include "keys/sqlite_statement.hpp"
#include "keys/store.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace postseal::keys {

class sqlite_database {
  public:
    explicit sqlite_database(const std::filesystem::path& file);

    // `address` is spelled as lookup_key does.
    boost::system::result<std::optional<memory>> recall(const std::string& address);
    boost::system::result<void> remember(const std::string& address, const memory& entry);
    boost::system::result<std::vector<rejected_certificate>>
    recall_rejected(const std::string& address);
    boost::system::result<void> remember_rejected(const std::string& address,
                                                  const std::vector<rejected_certificate>& entries);

    boost::system::result<sealing> recall_sealing(const std::string& address);
    boost::system::result<void> remember_sealing(const std::string& address, const sealing& entry);
    boost::system::result<std::optional<std::chrono::sys_seconds>>
    recall_directory(const std::string& domain);
    boost::system::result<void> remember_directory(const std::string& domain,
                                                   std::chrono::sys_seconds when);

  private:
    boost::system::result<void> write(sqlite_statement& query);

    sqlite_handle handle_;
    std::chrono::steady_clock::time_point writes_again_{};
};

} // namespace postseal::keys
