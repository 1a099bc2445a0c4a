// SPDX-License-Identifier: Apache-2.0
// The tables of the PostgreSQL store, step by step from the first version to this one.
#pragma once

#include "keys/postgresql_connection.hpp"

#include <chrono>
#include <functional>
#include <vector>

namespace postseal::keys {

/// Makes a connection fit for the store: takes the steps that are missing, all or none, while other
/// relays that start at the same time wait for that; and sets its limits. What the server's clock
/// says comes of it.
/// Fails: `unfit` where a newer version has written the tables, or the database is not for us.
/// Limits: five seconds, and minutes where there are steps to take; waiting for another relay ends
/// when `is_stopping`.
postgresql_answer<std::chrono::sys_seconds> prepare(postgresql_connection& opened,
                                                    const std::function<bool()>& is_stopping);

/// Ends what earlier connections have left on the server. One that was given up while it committed
/// would wait there for a standby that is away, with its locks, and take a place of the server's.
void end_sessions(postgresql_connection& by, const std::vector<postgresql_session>& left);

} // namespace postseal::keys
