// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_statement.hpp"

#include <system_error>

namespace postseal::keys {
namespace {

/// SQLite's result codes. Boost's own base class has no virtual destructor.
class category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "postseal.keys.store"; }
    std::string message(int code) const override { return sqlite3_errstr(code); }
};

} // namespace

boost::system::error_code sqlite_error(int code) {
    static const category sqlite;
    return std::error_code(code, sqlite);
}

sqlite_statement sqlite_statements::prepare(sqlite3* in, const char* sql) {
    const auto known = prepared_.find(sql);
    if (known != prepared_.end()) return sqlite_statement(known->second.get());
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v3(in, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (code != SQLITE_OK) return sqlite_statement(in, sql); // which says why
    prepared_.emplace(sql, finalized(prepared, sqlite3_finalize));
    return sqlite_statement(prepared);
}

} // namespace postseal::keys
