// SPDX-License-Identifier: Apache-2.0
// One prepared statement of SQLite, and SQLite's result codes as error codes. Only the files of the
// SQLite store include this.
#pragma once

#include <boost/system/error_code.hpp>

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace postseal::keys {

/// With SQLite's own sentence for the code.
[[nodiscard]] boost::system::error_code sqlite_error(int code);

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
        handle_ = handle(prepared, sqlite3_finalize);
    }
    /// One that is prepared already, and whose owner wants it back as it was.
    explicit sqlite_statement(sqlite3_stmt* prepared) : handle_(prepared, give_back) {}

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
    void bind(int place, const std::optional<std::chrono::sys_seconds>& time) {
        if (time) bind(place, *time); // what is not bound is NULL
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

    [[nodiscard]] std::optional<std::chrono::sys_seconds> time_if_any(int column) const {
        return is_null(column) ? std::nullopt : std::optional(time(column));
    }

  private:
    using handle = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

    static int give_back(sqlite3_stmt* prepared) {
        sqlite3_clear_bindings(prepared);
        return sqlite3_reset(prepared); // its last error has been told
    }
    void note(int code) {
        if (code_ == SQLITE_OK) code_ = code;
    }

    handle handle_{nullptr, sqlite3_finalize};
    int code_ = SQLITE_OK;
};

/// Statements that are prepared once. They have to be gone before their database is.
class sqlite_statements {
  public:
    /// `sql` has to be one and the same array each time, and is not used twice at a time.
    [[nodiscard]] sqlite_statement prepare(sqlite3* in, const char* sql);

  private:
    using finalized = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;
    std::unordered_map<const char*, finalized> prepared_;
};

} // namespace postseal::keys
