// SPDX-License-Identifier: Apache-2.0
// One entry's turn.
#include "relay/spool_runner.hpp"

#include "relay/disk_work.hpp"
#include "relay/journal.hpp"
#include "relay/randomness.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace postseal::relay {

namespace {

using namespace std::chrono_literals;

// Of an entry that could not be looked at or saved, or that somebody else has: as after a first
// failure, and no longer than this.
constexpr std::chrono::seconds longest_trouble = 30s;

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

bool owes_report(const spool_entry& entry) {
    return std::ranges::any_of(entry.recipients,
                               [](const auto& one) { return one.debt != debt::delivery; });
}

} // namespace

std::chrono::seconds spool_runner::trouble_wait() const {
    return std::min(rules()->owed.retry.first, longest_trouble);
}

asio::awaitable<void> spool_runner::work() {
    spool_connection line;
    while (!stopping_) {
        const auto id = turns_.begin({now(), std::chrono::steady_clock::now()}, rules()->owed.held);
        if (turns_.is_round_over()) pause_.cancel(); // there may be another one
        if (!id) break;
        std::string failed;
        try {
            auto attending = attend(*id, line);
            co_await std::move(attending);
        } catch (const std::exception& e) {
            failed = e.what();
        }
        if (!failed.empty()) {
            line = {};
            log_.error("spool=" + *id + " " + failed);
            turns_.put_off(*id, now() + trouble_wait());
        }
        turns_.end(*id);
    }
    if (line.hop) line.hop->quit();
}

asio::awaitable<std::shared_ptr<spool_claim>> spool_runner::claim(std::string id) {
    auto task = [owed = &spool_, id]() -> std::shared_ptr<spool_claim> {
        auto claimed = owed->claim(id);
        if (!claimed) return nullptr;
        return std::make_shared<spool_claim>(std::move(*claimed));
    };
    auto claiming = run_on(disk_, std::move(task));
    co_return co_await std::move(claiming);
}

asio::awaitable<void> spool_runner::attend(std::string id, spool_connection& line) {
    auto claiming = claim(id);
    auto held = co_await std::move(claiming);
    // Gone, or somebody else's for now. A look at the folder will tell.
    turns_.put_off(id, now() + trouble_wait());
    if (!held) co_return;
    if (const auto kept = unsaved_.find(id); kept != unsaved_.end()) {
        held->entry = kept->second;
        auto saving = save(held);
        co_await std::move(saving);
        co_return;
    }
    const auto plan = next_step(held->entry, rules()->owed.retry, now());
    switch (plan.step) {
    case spool_step::wait: turns_.put_off(id, plan.when); co_return;
    case spool_step::send:
        if (held->entry.copy == spooled_copy::held) {
            auto releasing = release(held, line);
            co_await std::move(releasing);
        } else {
            auto attempting = attempt(held, line);
            co_await std::move(attempting);
        }
        co_return;
    case spool_step::report: break;
    }
    auto telling = tell(held);
    co_await std::move(telling);
}

asio::awaitable<void> spool_runner::attempt(std::shared_ptr<spool_claim> held,
                                            spool_connection& line) {
    const bool was_resting = way_.rests();
    auto reaching = way_.reach(line);
    const bool reached = co_await std::move(reaching);
    const auto time = now();
    if (!reached && was_resting && time < held->entry.expires) {
        // It was not tried, and nothing is written.
        turns_.put_off(held->entry.id, way_.rests_until());
        co_return;
    }
    auto made = attempt_for_all(held->entry, way_.said());
    if (reached) {
        auto delivering = deliver_owed(*line.hop, held);
        made = co_await std::move(delivering);
    }
    auto noting = note(held, std::move(made));
    co_await std::move(noting);
}

// What an attempt has come to, in the entry, on the disk and for its sender.
asio::awaitable<void> spool_runner::note(std::shared_ptr<spool_claim> held, transaction_end made) {
    trace(held->entry, made);
    const auto success = made.notifies ? success_is::told_by_next_hop : success_is::ours_to_tell;
    held->entry = after_attempt(std::move(held->entry), made.replies, success, rules()->owed.retry,
                                now(), random_number());
    if (owes_report(held->entry)) {
        auto telling = tell(held);
        co_await std::move(telling);
        co_return;
    }
    if (!held->entry.recipients.empty() && reports_.delay &&
        is_delay_notice_due(held->entry, rules()->owed.retry, now())) {
        auto asking = ask(reports_.delay, held);
        const auto outcome = co_await std::move(asking);
        if (outcome == report_outcome::settled) held->entry.delay_notice = delay_notice::told;
    }
    auto saving = save(held);
    co_await std::move(saving);
}

// What failed for good is on the disk before anybody is told, so that it is never tried again.
asio::awaitable<void> spool_runner::tell(std::shared_ptr<spool_claim> held) {
    auto saving = save(held);
    co_await std::move(saving);
    auto asking = ask(reports_.failure, held);
    const auto outcome = co_await std::move(asking);
    if (outcome == report_outcome::not_now) {
        log_.warning("spool=" + held->entry.id +
                     " its sender could not be told of a failure yet; tried again");
        // Nothing was tried from the spool, but the wait grows all the same.
        ++held->entry.attempts;
        held->entry.due =
            now() + back_off(rules()->owed.retry, held->entry.attempts, random_number());
    } else {
        std::erase_if(held->entry.recipients,
                      [](const auto& one) { return one.debt != debt::delivery; });
    }
    auto again = save(held);
    co_await std::move(again);
}

asio::awaitable<report_outcome> spool_runner::ask(spool_reports::report how,
                                                  std::shared_ptr<const spool_claim> about) {
    if (way_.rests()) co_return report_outcome::not_now;
    try {
        auto asking = how(std::move(about));
        co_return co_await std::move(asking);
    } catch (const std::exception& e) {
        log_.error(std::string("spool: a report could not be made: ") + e.what());
    }
    co_return report_outcome::not_now;
}

// Removes it where nothing is owed any more. What the disk does not take is remembered, and is
// tried again before the entry is looked at: what was delivered is not delivered again.
asio::awaitable<void> spool_runner::save(std::shared_ptr<spool_claim> held) {
    const auto id = held->entry.id;
    unsaved_[id] = held->entry;
    const bool is_over = held->entry.recipients.empty();
    auto task = [owed = &spool_, held, is_over] {
        if (is_over) {
            owed->remove(held->entry);
        } else {
            owed->update(*held);
        }
    };
    auto saving = run_on(disk_, std::move(task));
    co_await std::move(saving);
    unsaved_.erase(id);
    if (is_over) {
        turns_.forget(id);
        log_.info("id=" + held->entry.message + " spool=" + id + " settled");
    } else {
        turns_.put_off(id, next_step(held->entry, rules()->owed.retry, now()).when);
    }
}

void spool_runner::trace(const spool_entry& entry, const transaction_end& made) {
    const auto start = "id=" + entry.message + " spool=" + entry.id;
    for (std::size_t i = 0; i < entry.recipients.size(); ++i) {
        const auto& one = entry.recipients[i];
        if (one.debt != debt::delivery || made.replies[i].code == 0) continue;
        log_.info(start + " to=" + bracketed(smtp::to_string(one.to.address)) +
                  " reply=" + relay::quoted(smtp::to_log(made.replies[i])));
    }
    if (made.lost_in_message) {
        log_.warning(start + " the next hop was lost with the message under way: if it has taken "
                             "it, recipients get it twice");
    }
}

} // namespace postseal::relay
