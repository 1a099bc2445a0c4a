// SPDX-License-Identifier: Apache-2.0
// When it looks and goes on. What is done with an entry is in spool_runner_work.cpp.
#include "relay/spool_runner.hpp"

#include "relay/disk_work.hpp"
#include "relay/journal.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace postseal::relay {

namespace {

using namespace std::chrono_literals;

// Between two looks at when the folder has changed, which is all that an empty spool costs.
constexpr std::chrono::seconds look_interval = 5s;
// While a round has work for all connections, when the folder changes with each entry.
constexpr std::chrono::seconds busy_interval = 30s;
// Held mail is due while it has no turn: nobody looks for it all the time.
constexpr std::chrono::steady_clock::duration shortest_pause = 1s;
// A change within the folder's own tick could hide behind one that has been seen.
constexpr auto tick = 2s;
// Everything is read anew, in case that a clock was set.
constexpr auto read_all_interval = 10min;
// After anything that went wrong on the disk.
constexpr std::chrono::steady_clock::duration trouble_pause = 30s;

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

spool_moment moment() { return {now(), std::chrono::steady_clock::now()}; }

struct survey {
    std::vector<spool_turns::found> entries;
    std::vector<std::string> damaged;
    spool_usage used;
    bool nearly_full = false;
};

// Reads those entries that have changed; on the disk's thread.
survey look_through(spool& owed, const std::map<std::string, spool_turns::mark>& before,
                    const retry_rule& rule) {
    survey found;
    for (const auto& mark : owed.marks()) {
        const auto earlier = before.find(mark.id);
        if (earlier != before.end() && earlier->second == mark.changed) {
            found.entries.push_back({mark.id, mark.changed});
            continue;
        }
        const auto entry = owed.read(mark.id);
        if (entry) {
            const auto plan = next_step(*entry, rule, now());
            found.entries.push_back({mark.id, mark.changed, see(*entry, plan.when)});
        } else if (entry.error() == spool_absence::damaged) {
            owed.set_aside(mark.id);
            found.damaged.push_back(mark.id);
        }
    }
    found.used = owed.usage();
    found.nearly_full = owed.is_nearly_full();
    return found;
}

} // namespace

spool_runner::spool_runner(asio::any_io_executor executor, asio::any_io_executor disk, spool& owed,
                           std::function<std::shared_ptr<const settings>()> current, journal& log,
                           spool_reports reports, release_of_held release)
    : executor_(std::move(executor)),
      disk_(std::move(disk)),
      spool_(owed),
      current_(std::move(current)),
      log_(log),
      way_(executor_, current_, log_),
      reports_(std::move(reports)),
      release_(std::move(release)),
      pause_(executor_) {}

void spool_runner::start() {
    busy_ = true;
    asio::co_spawn(executor_, run(), asio::detached);
}

void spool_runner::wake() {
    woken_ = true;
    pause_.cancel();
}

void spool_runner::stop() {
    stopping_ = true;
    pause_.cancel();
}

asio::awaitable<void> spool_runner::run() {
    while (!stopping_) {
        if (may_begin_round()) woken_ = false;
        looked_at_ = std::chrono::steady_clock::now();
        std::string failed;
        try {
            auto sweeping = sweep();
            co_await std::move(sweeping);
            auto looking = look();
            co_await std::move(looking);
        } catch (const std::exception& e) {
            failed = e.what();
        }
        if (!failed.empty()) log_.error("spool: " + failed);
        go_on();
        auto resting = rest(failed.empty() ? shortest_pause : trouble_pause);
        co_await std::move(resting);
    }
    while (working_ > 0) {
        pause_.expires_at(std::chrono::steady_clock::time_point::max());
        boost::system::error_code one_has_ended;
        auto waiting = pause_.async_wait(asio::redirect_error(asio::use_awaitable, one_has_ended));
        co_await std::move(waiting);
    }
    busy_ = false;
}

asio::awaitable<void> spool_runner::sweep() {
    if (swept_) co_return;
    auto task = [owed = &spool_] { return owed->sweep(); };
    auto sweeping = run_on(disk_, std::move(task));
    const auto removed = co_await std::move(sweeping);
    if (removed > 0) log_.info("spool: removed " + std::to_string(removed) + " unfinished files");
    swept_ = true;
}

// What is in the folder, and when it is due. Costs one look at the folder where nothing has
// changed.
asio::awaitable<void> spool_runner::look() {
    const auto changed = spool_.changed();
    const auto time = std::chrono::steady_clock::now();
    const auto current = rules();
    const bool read_all = time >= all_read_ + read_all_interval || current != all_read_by_;
    const bool settled = std::chrono::system_clock::now() - changed > tick;
    if (!read_all && changed == seen_ && settled) co_return;
    auto before = read_all ? std::map<std::string, spool_turns::mark>() : turns_.marks();
    auto task = [owed = &spool_, before = std::move(before), rule = current->owed.retry] {
        return look_through(*owed, before, rule);
    };
    auto looking = run_on(disk_, std::move(task));
    auto found = co_await std::move(looking);
    turns_.learn(std::move(found.entries));
    std::erase_if(unsaved_, [this](const auto& one) { return !turns_.knows(one.first); });
    seen_ = changed;
    if (read_all) {
        all_read_ = time;
        all_read_by_ = current;
    }
    for (const auto& id : found.damaged)
        log_.error("spool=" + id +
                   " is damaged and was set aside; look at it with 'postseal spool "
                   "list', nobody is served from it");
    const bool was_nearly_full = std::exchange(nearly_full_, found.nearly_full);
    if (!nearly_full_ || was_nearly_full) co_return;
    log_.warning("spool: nearly full (" + std::to_string(found.used.entries) + " entries, " +
                 std::to_string(found.used.octets) +
                 " octets); when it is, mail with several deliveries is refused with 452");
}

// A connection that stands still is one of the number, and no reason to wait with the others.
bool spool_runner::may_begin_round() const {
    return turns_.is_round_over() && working_ < rules()->owed.connections;
}

void spool_runner::go_on() {
    if (stopping_) return;
    if (may_begin_round()) turns_.begin_round(moment());
    const auto most = rules()->owed.connections;
    const auto free = most - std::min(most, working_);
    for (auto more = std::min(free, turns_.left()); more > 0; --more) {
        ++working_;
        asio::co_spawn(executor_, work(), [this](const std::exception_ptr&) {
            --working_;
            pause_.cancel();
        });
    }
}

// Until it is time for another look, or until somebody wants one and there is a use for it.
asio::awaitable<void> spool_runner::rest(std::chrono::steady_clock::duration at_least) {
    while (!stopping_ && !(woken_ && may_begin_round())) {
        const auto until = next_look(at_least);
        if (std::chrono::steady_clock::now() >= until) break;
        pause_.expires_at(until);
        boost::system::error_code early;
        auto waiting = pause_.async_wait(asio::redirect_error(asio::use_awaitable, early));
        co_await std::move(waiting);
    }
}

std::chrono::steady_clock::time_point
spool_runner::next_look(std::chrono::steady_clock::duration at_least) const {
    const auto soonest = looked_at_ + at_least;
    if (!may_begin_round()) return looked_at_ + busy_interval;
    const auto latest = std::max(soonest, looked_at_ + look_interval);
    const auto due = turns_.next_due();
    if (!due) return latest;
    // A time that is far off may not fit into the other clock.
    const auto wait = std::clamp<std::chrono::seconds>(*due - now(), 0s, look_interval);
    return std::clamp(std::chrono::steady_clock::now() + wait, soonest, latest);
}

} // namespace postseal::relay
