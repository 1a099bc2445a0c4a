// SPDX-License-Identifier: Apache-2.0
// Debian's PostgreSQL, unpacked and not installed, with one database in a private folder, on a
// socket in that folder alone. It refuses to be root, so it takes the account of nobody then.
#pragma once

#include "keys/postgresql_connection.hpp"
#include "keys/postgresql_target.hpp"

#include "tests/unit/keys/private_folder.hpp"

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace postseal::keys {

class postgresql_server {
  public:
    /// Throws where it cannot be started: scripts/packages has not been run, or the like.
    postgresql_server();
    postgresql_server(const postgresql_server&) = delete;
    postgresql_server& operator=(const postgresql_server&) = delete;
    ~postgresql_server();

    void start();
    void kill();  ///< as if somebody had pulled the plug
    void pause(); ///< it is there, and does nothing
    void resume();

    /// A connection string for `user` of `database`.
    [[nodiscard]] std::string where(const std::string& user = "postseal",
                                    const std::string& database = "postgres") const;

    /// One statement by its superuser; the first column of what it answers.
    std::vector<std::string> ask(const char* sql, const std::string& database = "postgres");

    /// As it was made: no tables of ours.
    void clear();

  private:
    std::unique_ptr<postgresql_connection> connect(const std::string& database);
    [[nodiscard]] std::vector<pid_t> processes() const;

    private_folder folder_;
    pid_t running_ = 0;
};

/// Of a server that is named by its socket's folder.
postgresql_parameters first_attempt(const postgresql_target& target);

/// One for all tests of a program, started for the first that asks.
postgresql_server& shared_server();

} // namespace postseal::keys
