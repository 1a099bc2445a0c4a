// SPDX-License-Identifier: Apache-2.0
// One statement for PostgreSQL with its values, the rows of an answer, and what goes wrong between.
// Values never become part of a statement's text.
#pragma once

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace postseal::keys {

/// What a statement's $1, $2 stand for, in the binary form of its type. Types are fixed: what the
/// server would infer depends on where a value stands.
struct postgresql_value {
    std::uint32_t type; ///< the server's number for it
    std::optional<std::string> bytes;
};

/// What is no UTF-8 without control characters has them as '?': the server takes nothing else.
[[nodiscard]] postgresql_value text_value(std::string_view text);
[[nodiscard]] postgresql_value octets_value(std::string octets);
[[nodiscard]] postgresql_value number_value(std::int64_t number);
[[nodiscard]] postgresql_value time_value(std::chrono::sys_seconds time);
[[nodiscard]] postgresql_value time_value(std::optional<std::chrono::sys_seconds> time);
[[nodiscard]] postgresql_value truth_value(bool truth);

[[nodiscard]] postgresql_value no_text();
[[nodiscard]] postgresql_value no_octets();
[[nodiscard]] postgresql_value no_time();

struct postgresql_statement {
    const char* sql; ///< a literal: connections know what they have prepared by its text
    std::vector<postgresql_value> values{};
};

/// The rows of one answer. Columns are read as what the statement says that they are.
class postgresql_rows {
  public:
    explicit postgresql_rows(pg_result* answer);

    [[nodiscard]] int count() const;
    [[nodiscard]] std::size_t affected() const; ///< rows that were written

    [[nodiscard]] bool is_null(int row, int column) const;
    [[nodiscard]] std::string octets(int row, int column) const; ///< of text as well
    [[nodiscard]] std::int64_t number(int row, int column) const;
    [[nodiscard]] bool truth(int row, int column) const;
    [[nodiscard]] std::chrono::sys_seconds time(int row, int column) const;
    /// Nothing where it is NULL.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> maybe_time(int row, int column) const;

  private:
    struct clearing {
        void operator()(pg_result* answer) const;
    };
    std::unique_ptr<pg_result, clearing> answer_;
};

/// Why there is no answer.
struct postgresql_trouble {
    enum class kind {
        unreachable, ///< no connection, or it broke
        late,        ///< no answer in time
        refused,     ///< the server's own no to a statement
        unfit,       ///< trying again does not help: an administrator has to do something
    };
    kind what;
    std::string reason;  ///< a clause for a person, in one line; never a password, nor mail
    std::string state{}; ///< the server's five letters (SQLSTATE); empty: not from the server
};

template<class T>
using postgresql_answer = boost::system::result<T, postgresql_trouble>;

} // namespace postseal::keys
