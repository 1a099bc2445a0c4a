// SPDX-License-Identifier: Apache-2.0
#include "keys/refresher.hpp"

#include "keys/conclusion.hpp"
#include "keys/user_id.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <exception>
#include <iterator>
#include <random>
#include <string>
#include <unordered_set>
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
constexpr std::size_t max_unanswered = 10'000;
constexpr auto worth_a_warning = std::chrono::hours(12); ///< without an answer
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

/// Addresses of whose keys a server did not say whether they were revoked; each once.
class unanswered {
  public:
    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    [[nodiscard]] const std::string& front() const { return waiting_.front().address; }
    [[nodiscard]] std::vector<std::string> since(sys_seconds time) const {
        std::vector<std::string> long_there;
        for (const auto& one : waiting_)
            if (one.since <= time) long_there.push_back(one.address);
        return long_there;
    }

    void put(const std::string& address, sys_seconds now) {
        if (waiting_.size() < max_unanswered && known_.insert(address).second)
            waiting_.push_back({address, now});
    }
    void answered(const std::string& address) {
        if (known_.erase(address) == 0) return;
        std::erase_if(waiting_, [&](const auto& one) { return one.address == address; });
    }
    /// Whose key makes a server fail each time must not stand before the others.
    void put_behind_the_others() {
        waiting_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }

  private:
    struct entry {
        std::string address;
        sys_seconds since;
    };
    std::deque<entry> waiting_;
    std::unordered_set<std::string> known_;
};

std::string warning_of(const std::string& address, const std::string& fingerprint) {
    return "the key " + fingerprint + " that an administrator has given for " + address +
           " was revoked by its owner: nothing is sealed to it any more. Get a new one from its "
           "owner and give it instead (postseal keys pin, or import), or take it back: postseal "
           "keys unpin --imported";
}

std::string warning_of(const std::vector<std::string>& some, const std::string& reason) {
    const auto others = some.size() - 1;
    return "for twelve hours and more no keyserver could be asked whether the key of " +
           some.front() +
           (others > 0 ? ", and those of " + std::to_string(others) + " other addresses, were"
                       : std::string(" was")) +
           " revoked: " + reason + ". It is tried again and again; see keys.keyservers";
}

} // namespace

struct refresher::state {
    asio::any_io_executor executor;
    finder* finds = nullptr; // null: gone
    store* memory = nullptr;
    clock now;
    sys_seconds pruned{};
    given_walk given{};
    unanswered again{};
    std::string unanswered_because{};
    std::vector<std::string> untold{};
    std::weak_ptr<asio::steady_timer> asleep{};

    using self = std::shared_ptr<state>;
    static asio::awaitable<void> run(self on);
    static asio::awaitable<std::size_t> run_once(self on);
    static asio::awaitable<bool> is_ours(self on, std::string name, std::chrono::seconds how_long);
    static asio::awaitable<void> prune(self on);
    static asio::awaitable<void> check_given(self on);
    static asio::awaitable<void> check_again(self on);
    static asio::awaitable<revocation_check> check(self on, std::string key);
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
        auto checking = check(on, key);
        co_await std::move(checking);
    }
    auto given = check_given(on);
    co_await std::move(given);
    auto again = check_again(on);
    co_await std::move(again);
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
        const auto unasked = on->again.since(now - worth_a_warning);
        if (!unasked.empty()) on->untold.push_back(warning_of(unasked, on->unanswered_because));
        walk = {now, false, {}};
    }
    auto looking = on->memory->given_to(walk.behind, max_given_at_once);
    const auto some = co_await std::move(looking);
    if (!some) co_return; // the next round
    for (const auto& key : *some) {
        if (!on->finds) co_return;
        auto checking = check(on, key);
        const auto said = co_await std::move(checking);
        const bool unheard = !said.is_whole() && said.answered == 0; // nor would the others be
        if (unheard && said.failed == 0) co_return;                  // this one is next
        walk.behind = key;
        if (unheard) co_return;
    }
    walk.is_over = some->size() < max_given_at_once;
}

/// When the others were asked for: a key that makes a server fail keeps nobody's revocation back.
asio::awaitable<void> refresher::state::check_again(self on) {
    for (std::size_t i = 0; i < max_given_at_once; ++i) {
        if (!on->finds || !on->given.is_over || on->again.empty()) co_return;
        auto checking = check(on, on->again.front());
        const auto said = co_await std::move(checking);
        if (said.is_whole()) continue;
        if (said.failed > 0) on->again.put_behind_the_others(); // else this one is next
        co_return;
    }
}

asio::awaitable<revocation_check> refresher::state::check(self on, std::string key) {
    revocation_check said;
    const auto address = mailbox_of_key(key);
    auto looking = on->memory->recall(address);
    const auto before = co_await std::move(looking);
    if (!on->finds) co_return said;
    if (before) {
        auto checking = on->finds->check_revocation(address);
        said = co_await std::move(checking);
    } else {
        ++said.failed;
        said.reason = "the key store could not be read";
    }
    std::ranges::move(said.warnings, std::back_inserter(on->untold));
    if (said.is_whole()) {
        on->again.answered(key);
    } else {
        on->again.put(key, on->now());
        on->unanswered_because = said.reason;
    }
    if (!before || !on->finds) co_return said;
    auto again = on->memory->recall(address);
    const auto after = co_await std::move(again);
    if (!after) co_return said;
    for (const auto& one : after->given)
        if (is_revoked(*after, one.fingerprint) && !is_revoked(*before, one.fingerprint))
            on->untold.push_back(warning_of(key, one.fingerprint));
    co_return said;
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
