// SPDX-License-Identifier: Apache-2.0
// The turn of held mail, which waits for key servers.
#include "relay/disk_work.hpp"
#include "relay/journal.hpp"
#include "relay/randomness.hpp"
#include "relay/spool_runner.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace postseal::relay {

namespace {

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

} // namespace

void spool_runner::note_slow(const spool_entry& entry, const transaction_end& made) {
    const auto until = std::chrono::steady_clock::now() + rules()->owed.held.rest;
    for (std::size_t i = 0; i < entry.recipients.size(); ++i) {
        const auto& one = entry.recipients[i];
        if (one.debt == debt::delivery && !made.replies[i].positive())
            turns_.leave_alone(one.to.address.domain, until);
    }
}

// Its recipients' keys are looked for; the next hop is called where there is something to send.
asio::awaitable<void> spool_runner::release(std::shared_ptr<spool_claim> held,
                                            spool_connection& line) {
    const auto begun = std::chrono::steady_clock::now();
    auto made = attempt_for_all(
        held->entry, smtp::make_reply(451, "4.3.0", "It could not be worked on; see the log"));
    bool is_hop_left_alone = false;
    auto looked_until = begun; // what comes behind is sealing and sending
    std::string failed;
    try {
        held_attempt attempt{made};
        attempt.reach = [this, &line, &is_hop_left_alone, &looked_until] {
            looked_until = std::chrono::steady_clock::now();
            return reach_for_held(line, is_hop_left_alone);
        };
        attempt.noted = [this, held, &made] { return note_so_far(held, made); };
        auto releasing = release_(held, std::move(attempt));
        co_await std::move(releasing);
    } catch (const std::exception& e) {
        failed = e.what();
    }
    if (!failed.empty()) {
        line = {}; // there may be half a transaction on it
        log_.error("id=" + held->entry.message + " spool=" + held->entry.id +
                   " held mail could not be worked on, and waits: " + failed);
    }
    if (is_hop_left_alone && now() < held->entry.expires) {
        // It was not tried, and nothing is written.
        turns_.put_off(held->entry.id, way_.rests_until());
        co_return;
    }
    if (looked_until == begun) looked_until = std::chrono::steady_clock::now();
    if (looked_until - begun >= rules()->owed.held.slow) note_slow(held->entry, made);
    auto noting = note(held, std::move(made));
    co_await std::move(noting);
}

// What has been sent of several copies is on the disk before the next one goes: whatever stops this
// process, nobody gets theirs twice for it.
asio::awaitable<void> spool_runner::note_so_far(std::shared_ptr<spool_claim> held,
                                                const transaction_end& made) {
    const auto success = made.notifies ? success_is::told_by_next_hop : success_is::ours_to_tell;
    auto replies = made.replies;
    for (auto& one : replies)
        if (!one.positive()) one = {}; // nothing is said of those yet
    auto so_far =
        after_attempt(held->entry, replies, success, rules()->owed.retry, now(), random_number());
    if (so_far.recipients.empty()) co_return;
    auto task = [owed = &spool_, held, so_far = std::move(so_far)] {
        owed->update(*held, so_far);
        return true;
    };
    auto saving = run_on(disk_, std::move(task));
    co_await std::move(saving);
}

// `left_alone`: it was not called at all, since it rests.
asio::awaitable<next_hop*> spool_runner::reach_for_held(spool_connection& line, bool& left_alone) {
    const bool rests = way_.rests();
    auto reaching = way_.reach(line);
    const bool reached = co_await std::move(reaching);
    left_alone = rests && !reached;
    co_return reached ? line.hop.get() : nullptr;
}

} // namespace postseal::relay
