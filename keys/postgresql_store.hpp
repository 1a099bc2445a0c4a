// SPDX-License-Identifier: Apache-2.0
// The store on a PostgreSQL server, which several relays share: what one learns, all know. Queries
// wait on threads of their own (keys/threaded_store). A server that is away, is restarted or has
// handed over to another one costs lookups, and nothing has to be done here when it is back.
// Fails: the constructor throws std::runtime_error with a sentence that says what to do, where a
// server has said that it will not work like this; one that is away is no reason. Queries fail by
// store_errc, after a fraction of a second at most.
#pragma once

#include "keys/threaded_store.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postseal::keys {

class postgresql_database;

struct postgresql_settings {
    std::string server; ///< postgresql://user@host/database?sslmode=verify-full, as libpq takes it
    std::size_t connections = 3;
    std::chrono::milliseconds patience{700}; ///< with one query that mail waits for
    std::chrono::milliseconds patience_at_start{5'000};
    /// Compared with the server's.
    std::function<std::chrono::sys_seconds()> now = [] {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    };
};

/// What is wrong with `server`, for a person, and without quoting any of it; nothing: libpq
/// understands it. Asks nobody.
[[nodiscard]] std::optional<std::string> mistake_in_postgresql(const std::string& server);

class postgresql_store final : public threaded_store<postgresql_database> {
  public:
    /// Waits for a server at the start, for a while.
    explicit postgresql_store(postgresql_settings settings);
    ~postgresql_store() override;

    [[nodiscard]] bool is_shared() const override { return true; }
    [[nodiscard]] std::vector<std::string> take_warnings() override;

  private:
    struct state;
    explicit postgresql_store(std::shared_ptr<state> opened);

    std::shared_ptr<state> state_;
};

} // namespace postseal::keys
