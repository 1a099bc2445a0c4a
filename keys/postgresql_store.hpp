// SPDX-License-Identifier: Apache-2.0
// The store on a PostgreSQL server, which several relays share: what one learns, all know. Queries
// wait on threads of their own and come back to the caller's executor. A server that is away, is
// restarted or has handed over to another one costs lookups, and nothing has to be done here when
// it is back.
// Has to be destroyed before its callers' execution context: queries under way are waited for, and
// their answers are handed over there.
// Fails: the constructor throws std::runtime_error with a sentence that says what to do, where a
// server has said that it will not work like this; one that is away is no reason. Queries fail by
// store_errc, after a fraction of a second at most.
#pragma once

#include "keys/store.hpp"

#include <boost/asio/thread_pool.hpp>

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
};

/// What is wrong with `server`, for a person, and without quoting any of it; nothing: libpq
/// understands it. Asks nobody.
[[nodiscard]] std::optional<std::string> mistake_in_postgresql(const std::string& server);

class postgresql_store final : public store {
  public:
    /// Waits for a server at the start, for a while.
    explicit postgresql_store(postgresql_settings settings);
    ~postgresql_store() override;

    promised<record> recall(smtp::mailbox address) override;
    promised<void> remember(smtp::mailbox address, record_changes changes) override;
    promised<std::vector<known_address>> browse(std::string domain, std::string after,
                                                std::size_t limit) override;
    promised<void> forget(smtp::mailbox address) override;
    promised<std::size_t> forget_domain(std::string domain) override;
    promised<std::vector<std::string>> due(due_for_refresh which) override;
    promised<void> prune(std::chrono::sys_seconds before) override;
    [[nodiscard]] bool is_shared() const override { return true; }
    promised<lease> take_lease(std::string name, std::chrono::seconds how_long) override;

    [[nodiscard]] std::vector<std::string> take_warnings() override;

  private:
    struct state;
    enum class access { reading, writing };
    template<class T, class Query>
    promised<T> ask(access way, std::chrono::milliseconds patience, Query query);

    postgresql_settings settings_;
    std::shared_ptr<state> state_; // queries under way keep it alive
    boost::asio::thread_pool threads_;
};

} // namespace postseal::keys
