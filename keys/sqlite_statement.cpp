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

} // namespace postseal::keys
