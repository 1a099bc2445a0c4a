// SPDX-License-Identifier: Apache-2.0
#include "relay/spool_hop.hpp"

#include "relay/journal.hpp"
#include "relay/mail_transaction.hpp"
#include "relay/randomness.hpp"

#include <algorithm>
#include <utility>

namespace postseal::relay {

namespace {

using namespace std::chrono_literals;

// A next hop that has come back shall not be left alone for an hour.
constexpr std::chrono::seconds longest_rest = 5min;

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

} // namespace

spool_hop::spool_hop(asio::any_io_executor executor,
                     std::function<std::shared_ptr<const settings>()> current, journal& log)
    : executor_(std::move(executor)), current_(std::move(current)), log_(log) {}

// An end that lies further ahead was set by a clock that has been set back since. What other
// settings have come to says nothing about those of now.
bool spool_hop::rests() const {
    return failed_by_ == current_() && now() < rests_until_ && rests_until_ <= now() + longest_rest;
}

// A greeting may last for minutes: what has begun by settings that are replaced meanwhile does not
// count, whatever it has come to.
asio::awaitable<bool> spool_hop::reach(spool_connection& line) {
    for (;;) {
        const auto current = current_();
        const bool stands = line.hop && !line.hop->lost();
        if (stands && line.by == current) co_return true;
        if (stands) line.hop->quit();
        line = {};
        if (rests()) co_return false;
        auto calling = call(line, current);
        co_await std::move(calling);
        if (current == current_()) co_return line.hop != nullptr;
    }
}

asio::awaitable<void> spool_hop::call(spool_connection& line, std::shared_ptr<const settings> by) {
    const auto known = ends_;
    const auto& where = by->owed.next_hop;
    auto made = std::make_unique<next_hop>(executor_, where);
    auto answer = smtp::make_reply(451, "4.3.5", "spool.next_hop is not set");
    if (!where.address.host.empty()) {
        auto greeting = made->greet(next_hop::greeting::ehlo, by->hostname);
        answer = co_await std::move(greeting);
    }
    if (answer.positive()) line = {std::move(made), by};
    if (by != current_()) co_return;
    const bool is_news = known == ends_;
    if (answer.positive() || is_news) ++ends_; // what says nothing new excuses nobody
    if (answer.positive()) {
        failures_ = 0;
    } else {
        said_ = as_delay(answer);
        if (is_news) leave_alone(by);
    }
}

void spool_hop::leave_alone(const std::shared_ptr<const settings>& by) {
    if (failed_by_ != by) failures_ = 0;
    failed_by_ = by;
    ++failures_;
    auto rest = by->owed.retry;
    rest.longest = std::min(rest.longest, longest_rest);
    rests_until_ = now() + back_off(rest, failures_, random_number());
    log_.warning("spool: the next hop cannot be used: " + smtp::to_log(said_));
}

} // namespace postseal::relay
