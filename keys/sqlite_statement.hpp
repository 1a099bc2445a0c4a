// SPDX-License-Identifier: Apache-2.0
// One prepared statement of SQLite, and SQLite's result codes as error codes. Only the files of the
// SQLite store include this.
#pragma once

#include <boost/system/error_code.hpp>

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace postseal::keys {

/// With SQLite's own sentence for the code.
[[nodiscard]] boost::system::error_code sqlite_error(int code);

struct close_statement {
    void operator()(sqlite3_stmt* open) const { sqlite3_finalize(open); }
};
struct close_database {
    void operator()(sqlite3* open) const { sqlite3_close_v2(open); }
};
using sqlite_handle = std::unique_ptr<sqlite3, close_database>;

/// A prepared statement; the first thing that fails is remembered in `code`.
class sqlite_statement {
  public:
    sqlite_statement(sqlite3* in, const char* sql) {
        sqlite3_stmt* prepared = nullptr;
        code_ = sqlite3_prepare_v2(in, sql, -1, &prepared, nullptr);
        handle_.reset(prepared);
    }

    // Bound values have to live until the last step.
    void bind(int place, std::string_view text) {
        note(sqlite3_bind_text64(handle_.get(), place, text.data(), text.size(), SQLITE_STATIC,
                                 SQLITE_UTF8));
    }
    void bind_octets(int place, std::string_view octets) {
        note(
            sqlite3_bind_blob64(handle_.get(), place, octets.data(), octets.size(), SQLITE_STATIC));
    }
    void bind(int place, std::chrono::sys_seconds time) {
        note(sqlite3_bind_int64(handle_.get(), place, time.time_since_epoch().count()));
    }

    void bind(int place, std::int64_t number) {
        note(sqlite3_bind_int64(handle_.get(), place, number));
    }

    /// SQLITE_ROW, SQLITE_DONE or an error.
    int step() { return code_ == SQLITE_OK ? sqlite3_step(handle_.get()) : code_; }

    [[nodiscard]] bool is_null(int column) const {
        return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
    }
    [[nodiscard]] std::string octets(int column) const {
        const void* const first = sqlite3_column_blob(handle_.get(), column);
        const int size = sqlite3_column_bytes(handle_.get(), column);
        return first ? std::string(static_cast<const char*>(first), static_cast<std::size_t>(size))
                     : std::string();
    }
    [[nodiscard]] std::chrono::sys_seconds time(int column) const {
        return std::chrono::sys_seconds(
            std::chrono::seconds(sqlite3_column_int64(handle_.get(), column)));
    }
    [[nodiscard]] std::int64_t number(int column) const {
        return sqlite3_column_int64(handle_.get(), column);
    }

  private:
    void note(int code) {
        if (code_ == SQLITE_OK) code_ = code;
    }

    std::unique_ptr<sqlite3_stmt, close_statement> handle_;
    int code_ = SQLITE_OK;
};

} // namespace postseal::keys
