// SPDX-License-Identifier: Apache-2.0
#include "keys/postgresql_pool.hpp"

#include "keys/name_lookup.hpp"
#include "keys/postgresql_schema.hpp"

#include <algorithm>
#include <utility>

namespace postseal::keys {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using kind = postgresql_trouble::kind;

constexpr auto patience_with_one_address = 2s;

/// Name servers that are away need as long for a name as they please.
constexpr auto patience_with_names = 5s;
constexpr auto between_looks = 10ms;

/// Idle connections are looked after so often: a server that was restarted costs no question.
constexpr auto round = 500ms;

constexpr std::size_t most_left = 100;

constexpr auto clocks_may_differ = 5min;

constexpr auto shortest_pause = 100ms, longest_pause = 5'000ms;

} // namespace

std::chrono::milliseconds pause_before_attempt(std::size_t failures, double drawn) {
    constexpr std::size_t doublings = 6;
    const auto full = std::min<std::chrono::milliseconds>(
        longest_pause, shortest_pause * (1 << std::min(failures, doublings)));
    return std::chrono::duration_cast<std::chrono::milliseconds>(full * (0.5 + drawn / 2));
}

postgresql_pool::postgresql_pool(postgresql_target where, std::size_t connections,
                                 std::function<std::chrono::sys_seconds()> now)
    : where_(std::move(where)),
      wanted_(connections),
      now_(std::move(now)),
      thread_([this] { keep(); }) {}

postgresql_pool::~postgresql_pool() {
    {
        const std::lock_guard lock(guard_);
        stopping_ = true;
    }
    lost_.notify_all();
    thread_.join();
}

std::optional<postgresql_trouble> postgresql_pool::first_trouble(time_point until) {
    std::unique_lock lock(guard_);
    if (!changed_.wait_until(lock, until, [&] { return tried_; }))
        return postgresql_trouble{kind::unreachable, "it has not answered yet"};
    return trouble_;
}

postgresql_answer<postgresql_pool::loan> postgresql_pool::borrow(time_point until) {
    std::unique_lock lock(guard_);
    for (;;) {
        const bool in_time = changed_.wait_until(
            lock, until, [&] { return !idle_.empty() || open_ == 0 || stopping_; });
        if (!in_time) return postgresql_trouble{kind::late, "all connections are in use"};
        if (idle_.empty())
            return postgresql_trouble{kind::unreachable,
                                      trouble_ ? trouble_->reason : "there is no connection"};
        auto last = std::move(idle_.back());
        idle_.pop_back();
        if (last->is_alive()) return loan(*this, std::move(last));
        --open_; // and the next one, or none
        lost_.notify_all();
    }
}

void postgresql_pool::take_back(connection lent) {
    const std::lock_guard lock(guard_);
    if (lent->is_usable() && !lent->in_transaction()) { // nor one that an exception has left
        idle_.push_back(std::move(lent));
        changed_.notify_one();
        return;
    }
    if (lent->session && left_.size() < most_left) left_.push_back(*lent->session);
    if (--open_ == 0) changed_.notify_all();
    lost_.notify_all();
}

std::vector<std::string> postgresql_pool::take_warnings() {
    const std::lock_guard lock(guard_);
    return std::exchange(untold_, {});
}

void postgresql_pool::keep() {
    std::unique_lock lock(guard_);
    while (!stopping_) {
        drop_dead();
        if (may_open()) {
            lock.unlock();
            auto opened = open_any();
            lock.lock();
            const auto left = opened ? std::exchange(left_, {}) : std::vector<postgresql_session>();
            if (!left.empty()) {
                lock.unlock();
                end_sessions(**opened, left);
                lock.lock();
            }
            note(std::move(opened));
            changed_.notify_all();
            continue;
        }
        const auto next = steady::now() + round;
        lost_.wait_until(lock, open_ < wanted_ ? std::min<time_point>(next, next_attempt_) : next);
    }
}

bool postgresql_pool::may_open() const { return open_ < wanted_ && steady::now() >= next_attempt_; }

void postgresql_pool::drop_dead() {
    open_ -= std::erase_if(idle_, [](const connection& one) { return !one->is_alive(); });
}

/// The first address that takes us. Where none does: the trouble that a person can do least about
/// comes first, since one that is away may be the one that would have taken us.
postgresql_answer<postgresql_pool::connection> postgresql_pool::open_any() {
    std::optional<postgresql_trouble> worst;
    const auto resolve = [this](const std::string& host) { return addresses_of(host); };
    for (const auto& address : where_.attempts(resolve)) {
        if (is_stopping()) break;
        postgresql_answer<connection> opened = nullptr;
        if (address)
            opened =
                postgresql_connection::open(*address, steady::now() + patience_with_one_address);
        else
            opened = address.error();
        if (opened) {
            const auto prepared = prepare(**opened, [this] { return is_stopping(); });
            if (prepared) {
                note_clock(*prepared);
                return opened;
            }
            opened = prepared.error();
        }
        if (!worst || worst->what == kind::unfit) worst = opened.error();
    }
    return worst ? *worst : postgresql_trouble{kind::unreachable, "it has no address"};
}

/// On a thread of its own that nobody has to wait for: whoever stops does not.
postgresql_answer<std::vector<std::string>> postgresql_pool::addresses_of(const std::string& host) {
    const name_lookup asked(host, [] {});
    const auto until = steady::now() + patience_with_names;
    std::unique_lock lock(guard_);
    while (asked.result() == name_lookup::verdict::pending && !stopping_ && steady::now() < until)
        lost_.wait_for(lock, between_looks);
    switch (asked.result()) {
    case name_lookup::verdict::found: return asked.addresses();
    case name_lookup::verdict::no_address:
        return postgresql_trouble{kind::unreachable, "there is no such host as " + host};
    case name_lookup::verdict::pending:
    case name_lookup::verdict::no_answer: break;
    }
    return postgresql_trouble{kind::unreachable,
                              "the name servers do not say where " + host + " is"};
}

bool postgresql_pool::is_stopping() {
    const std::lock_guard lock(guard_);
    return stopping_;
}

void postgresql_pool::note(postgresql_answer<connection> opened) {
    tried_ = true;
    const bool was_in_trouble = trouble_.has_value();
    if (opened) {
        failures_ = 0;
        trouble_.reset();
        idle_.push_back(std::move(*opened));
        ++open_;
        if (was_in_trouble) untold_.push_back("the key store on " + where_.name() + " is back");
        return;
    }
    const auto& now = opened.error();
    const auto drawn = std::uniform_real_distribution<>(0, 1)(chance_);
    next_attempt_ = steady::now() + pause_before_attempt(failures_++, drawn);
    if (!trouble_ || trouble_->what != now.what)
        untold_.push_back("the key store on " + where_.name() + " cannot be used (" + now.reason +
                          "): keys are looked up instead");
    trouble_ = now;
}

/// Relays go by times that others have written: one that is a day behind would have said a day ago
/// that there is no key, and the next one that says so would end it.
void postgresql_pool::note_clock(std::chrono::sys_seconds servers) {
    const auto apart = std::chrono::abs(now_() - servers);
    const std::lock_guard lock(guard_);
    const bool differed = std::exchange(clocks_differ_, apart > clocks_may_differ);
    if (!clocks_differ_ || differed) return;
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(apart).count();
    untold_.push_back("this machine's clock and that of the key store on " + where_.name() +
                      " are " + std::to_string(minutes) +
                      " minutes apart: let both follow NTP, since relays that share a store go by "
                      "the times that others have written");
}

} // namespace postseal::keys
