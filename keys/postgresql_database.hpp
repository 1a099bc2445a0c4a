// SPDX-License-Identifier: Apache-2.0
// What the PostgreSQL store asks over one connection, and how: each of these is one transaction.
// Fails: by trouble, and then nothing has changed; or, where the connection broke while the server
// was committing, all of it may have.
#pragma once

#include "keys/postgresql_connection.hpp"
#include "keys/postgresql_record.hpp"
#include "keys/store.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace postseal::keys {

class postgresql_database {
  public:
    template<class T>
    using result = postgresql_answer<T>;

    /// `holder` of leases, which whoever shares the server knows us by.
    postgresql_database(postgresql_connection& over, postgresql_connection::time_point until,
                        std::string holder)
        : over_(over), until_(until), holder_(std::move(holder)) {}

    postgresql_answer<record> recall(const std::string& address);
    /// Nobody else writes of the address meanwhile: two relays never lose each other's revocations.
    postgresql_answer<void> remember(const std::string& address, const record_changes& changes);

    postgresql_answer<std::vector<known_address>>
    browse(const std::string& domain, const std::string& after, std::size_t limit);
    postgresql_answer<void> forget(const std::string& address);
    postgresql_answer<std::size_t> forget_domain(const std::string& domain);

    postgresql_answer<std::vector<std::string>> due(const due_for_refresh& which);
    postgresql_answer<std::vector<std::string>> given_to(const std::string& after,
                                                         std::size_t limit);
    postgresql_answer<void> put_opt_out(const opt_out& one);
    postgresql_answer<std::size_t> end_opt_out(const std::string& name);
    postgresql_answer<std::vector<opt_out>> opt_outs(const std::string& after, std::size_t limit);
    postgresql_answer<void> prune(std::chrono::sys_seconds before);

    postgresql_answer<lease> take_lease(const std::string& name, std::chrono::seconds how_long);

  private:
    postgresql_answer<void> ask_nothing(const std::vector<postgresql_statement>& all);

    postgresql_connection& over_;
    postgresql_connection::time_point until_;
    std::string holder_;
};

} // namespace postseal::keys
