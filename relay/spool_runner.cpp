// SPDX-License-Identifier: Apache-2.0
// When is whose turn. What is done then is in spool_runner_work.cpp.
#include "relay/spool_runner.hpp"

#include "relay/disk_work.hpp"
#include "relay/journal.hpp"
#include "smtp/mailbox.hpp"

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
constexpr auto look_interval = 5s;
// A change within the folder's own tick could hide behind one that has been seen.
constexpr auto tick = 2s;
// Everything is read anew, in case that a clock was set.
constexpr auto read_all_interval = 10min;
// After anything that went wrong on the disk.
constexpr auto trouble_pause = 30s;

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

struct seen_entry {
    std::string id;
    std::chrono::sys_time<std::chrono::nanoseconds> changed;
    std::chrono::sys_seconds when;
    bool is_new = false;
    std::vector<std::string> held_for{};
    std::chrono::sys_seconds until{};
};
struct survey {
    std::vector<seen_entry> entries;
    std::vector<std::string> damaged;
    spool_usage used;
    bool nearly_full = false;
};

// The domains of those who wait, where it is held; looking at it may take as long as a lookup.
std::vector<std::string> held_for(const spool_entry& entry) {
    std::vector<std::string> domains;
    if (entry.copy != spooled_copy::held) return domains;
    for (const auto& one : entry.recipients)
        if (one.debt == debt::delivery) domains.push_back(smtp::ascii_lower(one.to.address.domain));
    return domains;
}

// Reads those entries that have changed; on the disk's thread.
survey
look_through(spool& owed,
             const std::map<std::string, std::chrono::sys_time<std::chrono::nanoseconds>>& before,
             const retry_rule& rule) {
    survey found;
    for (const auto& mark : owed.marks()) {
        const auto earlier = before.find(mark.id);
        if (earlier != before.end() && earlier->second == mark.changed) {
            found.entries.push_back({mark.id, mark.changed, {}});
            continue;
        }
        const auto entry = owed.read(mark.id);
        if (entry) {
            const auto plan = next_step(*entry, rule, now());
            found.entries.push_back(
                {mark.id, mark.changed, plan.when, true, held_for(*entry), entry->held.until});
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
      pause_(executor_),
      workers_(executor_) {}

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
    auto sweep = [owed = &spool_] { return owed->sweep(); };
    bool swept = false;
    while (!stopping_) {
        woken_ = false;
        std::string failed;
        try {
            if (!swept) {
                auto sweeping = run_on(disk_, sweep);
                const auto removed = co_await std::move(sweeping);
                if (removed > 0)
                    log_.info("spool: removed " + std::to_string(removed) + " unfinished files");
                swept = true;
            }
            auto looking = look();
            co_await std::move(looking);
        } catch (const std::exception& e) {
            failed = e.what();
        }
        if (!failed.empty()) log_.error("spool: " + failed);
        auto due = std::make_shared<std::deque<std::string>>();
        const auto time = now();
        for (const auto& [id, one] : known_)
            if (one.when <= time) due->push_back(id);
        std::ranges::sort(*due, {}, [this](const std::string& id) {
            const auto& one = known_[id];
            return std::pair(!one.held_for.empty(), one.when);
        });
        held_until_.reset();
        const auto clock = std::chrono::steady_clock::now();
        std::erase_if(slow_domains_, [clock](const auto& one) { return one.second <= clock; });
        if (!due->empty()) {
            auto working = work_through(due);
            co_await std::move(working);
        }
        if (stopping_) break;
        pause_.expires_after(failed.empty() ? until_next() : trouble_pause);
        if (woken_) continue;
        boost::system::error_code woken_early;
        auto waiting = pause_.async_wait(asio::redirect_error(asio::use_awaitable, woken_early));
        co_await std::move(waiting);
    }
    busy_ = false;
}

// What is in the folder, and when it is due. Costs one look at the folder where nothing has
// changed.
asio::awaitable<void> spool_runner::look() {
    const auto changed = spool_.changed();
    const auto time = std::chrono::steady_clock::now();
    const bool read_all = time >= all_read_ + read_all_interval || all_read_ == decltype(time){};
    const bool settled = std::chrono::system_clock::now() - changed > tick;
    if (!read_all && changed == seen_ && settled) co_return;
    std::map<std::string, std::chrono::sys_time<std::chrono::nanoseconds>> before;
    if (!read_all)
        for (const auto& [id, one] : known_)
            before.emplace(id, one.changed);
    auto task = [owed = &spool_, before = std::move(before), rule = rules()->owed.retry] {
        return look_through(*owed, before, rule);
    };
    auto looking = run_on(disk_, std::move(task));
    const auto found = co_await std::move(looking);
    std::map<std::string, known> now_known;
    for (const auto& one : found.entries) {
        const auto& before_it = known_[one.id];
        now_known.emplace(one.id, one.is_new ? known{one.changed, one.when, one.held_for, one.until}
                                             : known{one.changed, before_it.when,
                                                     before_it.held_for, before_it.until});
    }
    known_ = std::move(now_known);
    std::erase_if(unsaved_, [this](const auto& one) { return !known_.contains(one.first); });
    seen_ = changed;
    if (read_all) all_read_ = time;
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

asio::awaitable<void> spool_runner::work_through(queue due) {
    const auto count = std::min(rules()->owed.connections, due->size());
    working_ = count;
    for (std::size_t i = 0; i < count; ++i) {
        asio::co_spawn(executor_, work(due), [this](const std::exception_ptr&) {
            --working_;
            workers_.cancel();
        });
    }
    while (working_ > 0) {
        workers_.expires_at(std::chrono::steady_clock::time_point::max());
        boost::system::error_code one_has_ended;
        auto waiting =
            workers_.async_wait(asio::redirect_error(asio::use_awaitable, one_has_ended));
        co_await std::move(waiting);
    }
}

std::chrono::steady_clock::duration spool_runner::until_next() const {
    std::chrono::sys_seconds next = now() + look_interval;
    for (const auto& [id, one] : known_)
        next = std::min(next, one.when);
    return std::max<std::chrono::seconds>(next - now(), 1s);
}

} // namespace postseal::relay
