// SPDX-License-Identifier: Apache-2.0
// A record as rows of the PostgreSQL store's tables: the statements that ask for it, what their
// answers say, and the statements that write what has changed. Asks nobody itself.
// Fails: `refused` where a row has words in it that this version does not know.
#pragma once

#include "keys/postgresql_statement.hpp"
#include "keys/record.hpp"

#include <span>
#include <string>
#include <vector>

namespace postseal::keys {

// `address` is spelled as lookup_key does.

[[nodiscard]] std::vector<postgresql_statement> statements_that_ask(const std::string& address);

/// Of the answers to these statements.
[[nodiscard]] postgresql_answer<record> read_record(std::span<const postgresql_rows> answers);

/// A row of `name, author, reason, since`.
[[nodiscard]] opt_out read_opt_out(const postgresql_rows& from, int row);

/// Only rows that differ.
[[nodiscard]] std::vector<postgresql_statement>
statements_that_write(const std::string& address, const record& before, const record& after);

} // namespace postseal::keys
