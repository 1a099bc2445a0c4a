// SPDX-License-Identifier: Apache-2.0
// Sends what is owed: looks for entries that are due (spool_turns says whose turn it is), and
// carries each to its next hop, to a report for its sender, or to its next attempt. It goes on
// looking while conversations last, however long they stand still. What the disk does happens on
// `disk`, an executor of one thread, for a sync can take long; everything else on the I/O thread.
// Limits: spool_settings::connections.
#pragma once

#include "relay/held_delivery.hpp"
#include "relay/report.hpp"
#include "relay/settings.hpp"
#include "relay/spool.hpp"
#include "relay/spool_delivery.hpp"
#include "relay/spool_hop.hpp"
#include "relay/spool_turns.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace postseal::relay {

class journal;

/// Tells senders (relay/report). What these throw counts as `not_now`.
struct spool_reports {
    using report =
        std::function<asio::awaitable<report_outcome>(std::shared_ptr<const spool_claim>)>;
    report failure; ///< of the recipients of whom a report or a notice is owed
    report delay;   ///< of those to whom the copy is still owed
};

/// Looks again at what is held (relay/held_delivery). Of whom it has noted nothing, their mail
/// waits, also where it throws: no failure here keeps an entry from its end.
using release_of_held =
    std::function<asio::awaitable<void>(std::shared_ptr<const spool_claim>, held_attempt)>;

class spool_runner {
  public:
    /// `current` is asked at each step: a round may last for hours, and what an administrator has
    /// replaced by then does not count any more. All references outlive the runner's stop.
    spool_runner(asio::any_io_executor executor, asio::any_io_executor disk, spool& owed,
                 std::function<std::shared_ptr<const settings>()> current, journal& log,
                 spool_reports reports, release_of_held release);

    void start();
    /// An entry has been added: do not wait to notice.
    void wake();
    /// No new attempts. What is under way goes on; busy() until it has ended.
    void stop();
    [[nodiscard]] bool busy() const { return busy_; }

  private:
    [[nodiscard]] std::shared_ptr<const settings> rules() const { return current_(); }
    asio::awaitable<void> run();
    asio::awaitable<void> sweep();
    asio::awaitable<void> look();
    void go_on();
    [[nodiscard]] bool may_begin_round() const;
    asio::awaitable<void> rest(std::chrono::steady_clock::duration at_least);
    [[nodiscard]] std::chrono::steady_clock::time_point
    next_look(std::chrono::steady_clock::duration at_least) const;
    asio::awaitable<void> work();
    asio::awaitable<void> attend(std::string id, spool_connection& line);
    asio::awaitable<void> attempt(std::shared_ptr<spool_claim> held, spool_connection& line);
    asio::awaitable<void> release(std::shared_ptr<spool_claim> held, spool_connection& line);
    asio::awaitable<next_hop*> reach_for_held(spool_connection& line, bool& left_alone);
    asio::awaitable<void> note(std::shared_ptr<spool_claim> held, transaction_end made);
    void note_slow(const spool_entry& entry, const transaction_end& made);
    asio::awaitable<void> note_so_far(std::shared_ptr<spool_claim> held,
                                      const transaction_end& made);
    [[nodiscard]] std::chrono::seconds trouble_wait() const;
    asio::awaitable<void> tell(std::shared_ptr<spool_claim> held);
    asio::awaitable<report_outcome> ask(spool_reports::report how,
                                        std::shared_ptr<const spool_claim> about);
    asio::awaitable<void> save(std::shared_ptr<spool_claim> held);
    asio::awaitable<std::shared_ptr<spool_claim>> claim(std::string id);
    void trace(const spool_entry& entry, const transaction_end& made);

    asio::any_io_executor executor_;
    asio::any_io_executor disk_;
    spool& spool_;
    std::function<std::shared_ptr<const settings>()> current_;
    journal& log_;
    spool_hop way_;
    spool_reports reports_;
    release_of_held release_;
    spool_turns turns_;
    std::map<std::string, spool_entry> unsaved_; // what the disk did not take: never sent again
    std::chrono::sys_time<std::chrono::nanoseconds> seen_{}; // spool::changed() at the last look
    std::chrono::steady_clock::time_point all_read_{};
    std::shared_ptr<const settings> all_read_by_; // what was put off for these is not for others
    std::chrono::steady_clock::time_point looked_at_{};
    asio::steady_timer pause_; // cancelled by whatever may be a reason to go on
    std::size_t working_ = 0;
    bool swept_ = false;
    bool nearly_full_ = false;
    bool woken_ = false;
    bool stopping_ = false;
    bool busy_ = false;
};

} // namespace postseal::relay
