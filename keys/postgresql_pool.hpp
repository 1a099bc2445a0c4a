// SPDX-License-Identifier: Apache-2.0
// The connections that the PostgreSQL store works with. A thread of its own opens them, and opens
// them again, so that nobody who has a question waits for a server that is not there.
#pragma once

#include "keys/postgresql_connection.hpp"
#include "keys/postgresql_target.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace postseal::keys {

/// How long after so many failures in a row the next attempt is made; `drawn` between 0 and 1, so
/// that relays that have lost the same server do not come back at the same moment.
[[nodiscard]] std::chrono::milliseconds pause_before_attempt(std::size_t failures, double drawn);

class postgresql_pool {
  public:
    using time_point = postgresql_connection::time_point;

    /// `now` is asked on its thread.
    postgresql_pool(postgresql_target where, std::size_t connections,
                    std::function<std::chrono::sys_seconds()> now);
    postgresql_pool(const postgresql_pool&) = delete;
    postgresql_pool& operator=(const postgresql_pool&) = delete;
    ~postgresql_pool();

    /// Waits for the first attempt, though not beyond the time: what came of it.
    std::optional<postgresql_trouble> first_trouble(time_point until);

    /// Lends a connection to one thread. Where there is none at all, it says so at once; where the
    /// others have them all, it waits for one.
    class loan;
    postgresql_answer<loan> borrow(time_point until);

    /// As store::take_warnings, of connections alone.
    [[nodiscard]] std::vector<std::string> take_warnings();

  private:
    using connection = std::unique_ptr<postgresql_connection>;

    void keep();
    [[nodiscard]] bool may_open() const;
    postgresql_answer<connection> open_any();
    postgresql_answer<std::vector<std::string>> addresses_of(const std::string& host);
    [[nodiscard]] bool is_stopping();
    void note(postgresql_answer<connection> opened);
    void note_clock(std::chrono::sys_seconds servers);
    void drop_dead();
    void take_back(connection lent);

    const postgresql_target where_;
    const std::size_t wanted_;
    const std::function<std::chrono::sys_seconds()> now_;

    std::mutex guard_;                // of all from here on, but for what is the thread's alone
    std::condition_variable changed_; ///< for who waits for a connection
    std::condition_variable lost_;    ///< for the thread: one is gone, or it has to end
    std::vector<connection> idle_;
    std::vector<postgresql_session> left_; ///< of connections that were given up
    std::size_t open_ = 0;                 ///< idle and lent
    bool stopping_ = false;
    bool tried_ = false;
    std::size_t failures_ = 0;
    time_point next_attempt_{};
    std::optional<postgresql_trouble> trouble_; ///< of the last attempt
    bool clocks_differ_ = false;
    std::vector<std::string> untold_;

    std::minstd_rand chance_{std::random_device()()}; // the thread's
    std::thread thread_;                              // last: starts when everything else is there
};

class postgresql_pool::loan {
  public:
    loan(postgresql_pool& from, connection lent) : from_(&from), lent_(std::move(lent)) {}
    loan(loan&&) = default;
    loan& operator=(loan&&) = delete;
    ~loan() {
        if (lent_) from_->take_back(std::move(lent_));
    }

    [[nodiscard]] postgresql_connection& operator*() const { return *lent_; }

  private:
    postgresql_pool* from_;
    connection lent_;
};

} // namespace postseal::keys
