// SPDX-License-Identifier: Apache-2.0
// A record's parts as rows of the SQLite store. For sqlite_database, within its transactions.
// Fails: by SQLite's result code.
#pragma once

#include "keys/record.hpp"
#include "keys/sqlite_statement.hpp"

#include <boost/system/result.hpp>

#include <string>

namespace postseal::keys {

/// An open database and the statements that were prepared for it.
struct sqlite_connection {
    sqlite_handle handle;
    sqlite_statements statements; // gone before the handle is

    [[nodiscard]] sqlite_statement prepare(const char* sql) {
        return statements.prepare(handle.get(), sql);
    }
};

/// `address` is spelled as lookup_key does.
[[nodiscard]] boost::system::result<record> read_record(sqlite_connection& from,
                                                        const std::string& address);

/// A row of `name, author, reason, since`.
[[nodiscard]] opt_out read_opt_out(const sqlite_statement& row);

/// Only what differs.
[[nodiscard]] boost::system::result<void> write_record(sqlite_connection& to,
                                                       const std::string& address,
                                                       const record& before, const record& after);

} // namespace postseal::keys
