// SPDX-License-Identifier: Apache-2.0
// The store in one SQLite file: nothing to run, nothing to configure. Queries run on a thread of
// their own (keys/threaded_store).
// Fails: the constructor throws std::runtime_error with a sentence that names the file and what to
// do; queries fail by SQLite's result code and its sentence. Somebody who keeps the file locked
// costs a fraction of a second now and then, never each query its time.
#pragma once

#include "keys/threaded_store.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace postseal::keys {

class sqlite_database;

class sqlite_store final : public threaded_store<sqlite_database> {
  public:
    /// Creates the file (mode 0600) where there is none, and brings an older one up to date.
    explicit sqlite_store(const std::filesystem::path& file);
    ~sqlite_store() override;

    [[nodiscard]] bool is_shared() const override { return false; }
    [[nodiscard]] std::vector<std::string> take_warnings() override;

  private:
    struct state;
    explicit sqlite_store(std::shared_ptr<state> opened);

    std::shared_ptr<state> state_;
};

} // namespace postseal::keys
