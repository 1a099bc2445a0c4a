// SPDX-License-Identifier: Apache-2.0
// Where a PostgreSQL connection string leads: each server that it names, by each of its addresses,
// to be tried one after another. Nothing here is ever told with a password.
#pragma once

#include "keys/postgresql_statement.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace postseal::keys {

/// Parameters of one connection, as libpq names them.
using postgresql_parameters = std::vector<std::pair<std::string, std::string>>;

/// The addresses of a host, as text; or why there are none.
using postgresql_resolver =
    std::function<postgresql_answer<std::vector<std::string>>(const std::string& host)>;

class postgresql_target {
  public:
    /// `written` as libpq takes it: postgresql://user@host/database?sslmode=verify-full, several
    /// hosts with commas between. It alone decides where the connection leads and how: libpq's own
    /// variables, PGHOST and the like, are taken out of the environment, but for PGPASSFILE and
    /// PGPASSWORD. To be called before there are threads.
    /// Fails: `unfit`, with a reason for a person that quotes nothing of it.
    static postgresql_answer<postgresql_target> parse(const std::string& written);

    /// For the log: "db1.example.org, db2.example.org".
    [[nodiscard]] const std::string& name() const { return name_; }

    /// One for every address of every server, in the order in which they are written. Where nothing
    /// is said of TLS, another machine has to prove by its certificate that it is the one that is
    /// meant: whoever is taken for it decides which keys mail is sealed to. libpq never
    /// gets a name to look up: nothing would end that before the name servers' own time.
    [[nodiscard]] std::vector<postgresql_answer<postgresql_parameters>>
    attempts(const postgresql_resolver& resolve) const;

  private:
    struct server {
        std::string host; ///< a name, or the folder of a socket; empty: only the address is known
        std::string address;
        std::string port;
    };

    postgresql_parameters shared_; ///< by all attempts
    std::vector<server> servers_;
    std::string name_;
};

} // namespace postseal::keys
