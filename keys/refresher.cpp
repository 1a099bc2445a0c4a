// SPDX-License-Identifier: Apache-2.0
#include "keys/refresher.hpp"

#include "keys/conclusion.hpp"
#include "keys/user_id.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::sys_seconds;

constexpr auto ahead = 1h; ///< of the end of an entry's freshness
constexpr auto in_use_for = std::chrono::hours(24 * 30);
constexpr auto a_round = std::chrono::seconds(60);
constexpr auto a_lease = std::chrono::seconds(120); ///< of a round, for whoever shares the store
constexpr auto between_prunings = std::chrono::hours(20);
constexpr auto between_given_walks = std::chrono::hours(24);
constexpr std::size_t max_looked_at = 5000; ///< in a round; those that rest among them
constexpr auto useless_after = std::chrono::hours(24 * 400);

std::chrono::milliseconds pause() {
    static thread_local std::minstd_rand numbers{std::random_device{}()};
    return a_round * 3 / 4 + std::chrono::milliseconds(numbers() % (a_round / 2 / 1ms));
}

/// Through all addresses with a key that an administrator gave, some of them a round.
struct given_walk {
    sys_seconds began{};
    bool is_over = true;
    std::string behind{}; ///< the last one that was looked at
};

std::string warning_of(const std::string& address, const std::string& fingerprint) {
    return "the key " + fingerprint + " that an administrator has given for " + address +
           " was revoked by its owner: nothing is sealed to it any more. Get a new one from its "
           "owner and give it instead (postseal keys pin, or import), or take it back: postseal "
           "keys unpin --imported";
}

} // namespace

struct refresher::state {
    asio::any_io_executor executor;
    finder* finds = nullptr; // null: gone
    store* memory = nullptr;
    clock now;
    sys_seconds pruned{};
    given_walk given{};
    std::vector<std::string> untold{};
    std::weak_ptr<asio::steady_timer> asleep{};

    using self = std::shared_ptr<state>;
    static asio::awaitable<void> run(self on);
    static asio::awaitable<std::size_t> run_once(self on);
    static asio::awaitable<bool> is_ours(self on, std::string name, std::chrono::seconds how_long);
    static asio::awaitable<void> prune(self on);
    static asio::awaitable<void> check_given(self on);
    static asio::awaitable<void> check_given_of(self on, std::string key);
};

refresher::refresher(asio::any_io_executor executor, finder& finds, store& memory, clock now)
    : state_(std::make_shared<state>()) {
    state_->executor = std::move(executor);
    state_->finds = &finds;
    state_->memory = &memory;
    state_->now = std::move(now);
    asio::co_spawn(state_->executor, state::run(state_), asio::detached);
}

refresher::~refresher() {
    state_->finds = nullptr;
    if (const auto timer = state_->asleep.lock()) timer->cancel();
}

std::vector<std::string> refresher::take_warnings() { return std::exchange(state_->untold, {}); }

asio::awaitable<std::size_t> refresher::run_once() { return state::run_once(state_); }

asio::awaitable<void> refresher::state::run(self on) {
    const auto timer = std::make_shared<asio::steady_timer>(on->executor);
    on->asleep = timer;
    while (on->finds) {
        timer->expires_after(pause());
        boost::system::error_code woken;
        auto token = asio::redirect_error(asio::use_awaitable, woken);
        auto waiting = timer->async_wait(std::move(token));
        co_await std::move(waiting);
        if (!on->finds) break;
        try {
            auto working = run_once(on);
            co_await std::move(working);
        } catch (const std::exception&) {
            // The next round tries again; the store tells what is wrong with it.
        }
    }
}

asio::awaitable<std::size_t> refresher::state::run_once(self on) {
    auto asking = is_ours(on, "refreshing", a_lease);
    const bool ours = co_await std::move(asking);
    if (!ours || !on->finds) co_return 0;
    auto pruning = prune(on);
    co_await std::move(pruning);
    if (!on->finds) co_return 0;

    due_for_refresh which;
    which.fresh_until = on->now() + ahead;
    which.sealed_since = on->now() - in_use_for;
    which.limit = max_looked_at;
    auto looking = on->memory->due(which);
    const auto due = co_await std::move(looking);
    std::size_t asked = 0;
    std::vector<std::string> keys; // where the store does not say: none
    if (due) keys = *due;
    for (const auto& key : keys) {
        if (!on->finds || asked == max_at_once) break;
        const auto address = mailbox_of_key(key);
        if (address.local_part.empty() || on->finds->is_resting(address)) continue; // stays due
        auto finding = on->finds->ask_again(address);
        const auto found = co_await std::move(finding);
        // What an administrator gave decides, and nobody else was asked: what is remembered beside
        // it stays due, and costs nothing.
        if (found.found && found.from == origin::administrator) continue;
        ++asked;
        if (!on->finds || !found.found) continue;
        auto checking = on->finds->check_revocation(address);
        co_await std::move(checking);
    }
    auto given = check_given(on);
    co_await std::move(given);
    co_return asked;
}

asio::awaitable<bool> refresher::state::is_ours(self on, std::string name,
                                                std::chrono::seconds how_long) {
    auto taking = on->memory->take_lease(std::move(name), how_long);
    const auto whose = co_await std::move(taking);
    co_return whose&&* whose == lease::ours;
}

/// A given key is nobody's to be found again, so it is never due. Keyservers alone are asked: what
/// the domain serves, or does not serve, is no word against it.
asio::awaitable<void> refresher::state::check_given(self on) {
    if (!on->finds) co_return;
    auto& walk = on->given;
    const auto now = on->now();
    if (walk.is_over) {
        if (walk.began <= now && now < walk.began + between_given_walks) co_return;
        walk = {now, false, {}};
    }
    auto looking = on->memory->given_to(walk.behind, max_given_at_once);
    const auto some = co_await std::move(looking);
    if (!some) co_return; // the next round
    walk.is_over = some->size() < max_given_at_once;
    for (const auto& key : *some) {
        if (!on->finds) co_return;
        walk.behind = key;
        auto checking = check_given_of(on, key);
        co_await std::move(checking);
    }
}

asio::awaitable<void> refresher::state::check_given_of(self on, std::string key) {
    const auto address = mailbox_of_key(key);
    auto looking = on->memory->recall(address);
    const auto before = co_await std::move(looking);
    if (!before || !on->finds) co_return;
    auto checking = on->finds->check_revocation(address);
    co_await std::move(checking);
    if (!on->finds) co_return;
    auto again = on->memory->recall(address);
    const auto after = co_await std::move(again);
    if (!after) co_return;
    for (const auto& one : after->given)
        if (is_revoked(*after, one.fingerprint) && !is_revoked(*before, one.fingerprint))
            on->untold.push_back(warning_of(key, one.fingerprint));
}

/// Where several relays share a store, each does it: it is soon done.
asio::awaitable<void> refresher::state::prune(self on) {
    const auto now = on->now();
    if (on->pruned <= now && now < on->pruned + between_prunings) co_return;
    on->pruned = now;
    auto pruning = on->memory->prune(now - useless_after);
    static_cast<void>(co_await std::move(pruning));
}

} // namespace postseal::keys
