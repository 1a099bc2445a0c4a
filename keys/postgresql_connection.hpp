// SPDX-License-Identifier: Apache-2.0
// One connection to a PostgreSQL server. For one thread at a time, which waits for answers, never
// beyond the time that it gives.
// Fails: by trouble. After one that left a statement unanswered, or a transaction that cannot be
// ended, the connection is of no use any more; nothing else has to be done about it.
#pragma once

#include "keys/postgresql_statement.hpp"
#include "keys/postgresql_target.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;

namespace postseal::keys {

/// The server's process behind a connection; its beginning, since numbers are used again.
struct postgresql_session {
    std::int64_t process;
    std::int64_t begun; ///< in microseconds, by the server's clock
};

class postgresql_connection {
  public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Tries one address. What the server says of who may connect, and to what, is `unfit`.
    static postgresql_answer<std::unique_ptr<postgresql_connection>>
    open(const postgresql_parameters& where, time_point until);

    /// Statements in one go: one round trip, however many there are. Where one fails, those behind
    /// it are not executed, and none has an effect: a transaction that was open is rolled back.
    postgresql_answer<std::vector<postgresql_rows>>
    run(const std::vector<postgresql_statement>& statements, time_point until);

    [[nodiscard]] bool is_usable() const;
    [[nodiscard]] bool in_transaction() const;
    /// Looks whether the server has closed it meanwhile; asks nothing, waits for nothing.
    [[nodiscard]] bool is_alive();

    /// Once the server has told it.
    std::optional<postgresql_session> session;

    /// Ends a transaction that is still open.
    void roll_back(time_point until);

  private:
    struct finishing {
        void operator()(pg_conn* open) const;
    };
    using handle = std::unique_ptr<pg_conn, finishing>;

    explicit postgresql_connection(handle opened);

    /// By what was sent, in its order: a statement to be prepared, or nothing: its answer follows.
    using expected = std::vector<std::optional<std::string_view>>;

    postgresql_answer<expected> send(const std::vector<postgresql_statement>& statements);
    postgresql_answer<void> flush(time_point until);
    postgresql_answer<pg_result*> next_result(time_point until);
    postgresql_trouble lost();
    postgresql_answer<std::vector<postgresql_rows>>
    run_once(const std::vector<postgresql_statement>& statements, time_point until);

    handle handle_;
    std::map<std::string_view, std::string> names_; ///< of statements, by their text
    std::set<std::string_view> prepared_;           ///< those of them that the server knows
    bool broken_ = false;
};

} // namespace postseal::keys
