// SPDX-License-Identifier: Apache-2.0
// A lookup belongs to nobody: it is a coroutine of its own that ends when the sources have said
// what they know, and its finding lands in memory. find() waits for one, with its own patience;
// many can wait for the same. Everything runs on the executor's one thread.
#include "keys/finder.hpp"

#include "keys/inquiry.hpp"
#include "keys/lent_key.hpp"
#include "keys/own_word.hpp"
#include "keys/revocation_check.hpp"
#include "keys/user_id.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <unordered_map>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

constexpr std::size_t max_pending = 10'000; // lookups that have begun; more are temporary at once

/// What is remembered of a sealed copy is exact to a day.
constexpr auto sealing_is_noted_every = std::chrono::hours(24);

/// One address that is being looked up, and those who wait for it.
struct lookup {
    std::optional<finding> result;
    steady::time_point began = steady::now();
    std::shared_ptr<progress> so_far = std::make_shared<progress>();
    std::vector<std::shared_ptr<asio::steady_timer>> waiting;
};

finding temporary(std::string reason) {
    finding made;
    made.result = outcome::temporary;
    made.reason = std::move(reason);
    return made;
}

/// The first result counts.
void end(lookup& ended, finding result) {
    if (!ended.result) ended.result = std::move(result);
    for (const auto& timer : ended.waiting)
        timer->cancel();
    ended.waiting.clear();
}

sealing sealing_to(const finding& found, std::chrono::sys_seconds now) {
    sealing made;
    made.last = now;
    made.from = found.from;
    // Where nobody knows which key there was before, that one stays the measure of the next.
    if (!found.found || found.may_replace) return made;
    made.fingerprint = found.found->fingerprint;
    made.expires = found.found->expires;
    return made;
}

} // namespace

struct finder::state {
    std::shared_ptr<inquiry_parts> parts = std::make_shared<inquiry_parts>();
    std::unordered_map<std::string, std::shared_ptr<lookup>> pending; // by lookup key

    void close();
    void set_pins(std::unordered_map<std::string, std::string> pins);
    void set_subaddressing(std::vector<std::string> domains);

    // Coroutines that keep the state they work on alive.
    using self = std::shared_ptr<state>;
    static std::shared_ptr<lookup> begin(const self& on, const smtp::mailbox& address);
    static asio::awaitable<void> run(self on, std::shared_ptr<lookup> begun, smtp::mailbox address);
    static asio::awaitable<finding> find(self on, smtp::mailbox address);
    static asio::awaitable<finding> find_lent(self on, smtp::mailbox address, smtp::mailbox owner);
    static asio::awaitable<void> begin_lent(self on, smtp::mailbox address, smtp::mailbox owner);
    static asio::awaitable<finding> wait(self on, smtp::mailbox address);
    static asio::awaitable<finding> look_up(self on, smtp::mailbox address, believing whom,
                                            std::shared_ptr<progress> so_far);
};

finder::finder(asio::any_io_executor executor, finder_sources sources, store* memory,
               inspector inspect, finder_settings settings, clock now)
    : state_(std::make_shared<state>()) {
    auto& parts = *state_->parts;
    parts.remote = std::make_shared<turns>(executor, settings.at_once);
    parts.executor = std::move(executor);
    parts.sources = std::move(sources);
    parts.remembered = std::make_shared<finder_memory>(memory, settings.keep, now);
    parts.inspect = std::move(inspect);
    parts.settings = std::move(settings);
    parts.now = std::move(now);
}

finder::~finder() { state_->close(); }

asio::awaitable<finding> finder::find(smtp::mailbox address, std::optional<smtp::mailbox> key_of) {
    if (key_of) return state::find_lent(state_, std::move(address), std::move(*key_of));
    return state::find(state_, std::move(address));
}

void finder::set_pins(std::unordered_map<std::string, std::string> pins) {
    state_->set_pins(std::move(pins));
}

void finder::set_subaddressing(std::vector<std::string> domains) {
    state_->set_subaddressing(std::move(domains));
}

void finder::prefetch(const smtp::mailbox& address, std::optional<smtp::mailbox> key_of) {
    if (!key_of) return static_cast<void>(state::begin(state_, address));
    auto beginning = state::begin_lent(state_, address, std::move(*key_of));
    asio::co_spawn(state_->parts->executor, std::move(beginning), asio::detached);
}

void finder::note_sealed(const smtp::mailbox& recipient, const finding& found) {
    const auto now = state_->parts->now();
    const auto& to = found.key_of ? *found.key_of : recipient;
    // Noted for user+tag@, which never had a key of its own, it would look as if that one were
    // gone.
    const auto base = base_of(to, state_->parts->settings.subaddressing);
    const auto& address = found.of_base && base ? *base : to;
    const auto made = sealing_to(found, now);
    const auto known = state_->parts->remembered->known_sealing(address);
    if (known && known->fingerprint == made.fingerprint && known->from == made.from &&
        known->expires == made.expires && known->last <= now &&
        now < known->last + sealing_is_noted_every)
        return;
    record_changes changes;
    changes.sealed = made;
    if (known && known->last > now) changes.clock_is_at = now;
    auto remembering = state_->parts->remembered->remember(address, std::move(changes));
    asio::co_spawn(state_->parts->executor, std::move(remembering), asio::detached);
}

asio::awaitable<finding> finder::ask_again(smtp::mailbox address) {
    return state::look_up(state_, std::move(address), believing::nobody,
                          std::make_shared<progress>());
}

bool finder::is_resting(const smtp::mailbox& address) const {
    return state_->parts->remembered->recent_failure(address).has_value();
}

asio::awaitable<revocation_check> finder::check_revocation(smtp::mailbox address) {
    return keys::check_revocation(state_->parts, std::move(address));
}

asio::awaitable<std::vector<source_report>> finder::ask_all(smtp::mailbox address) {
    return inquire_of_all(state_->parts, std::move(address));
}

// Whoever waits already is told what is found under the earlier pins; nobody joins them.
void finder::state::set_pins(std::unordered_map<std::string, std::string> pins) {
    auto& before = parts->settings.pins;
    if (pins == before) return;
    const auto note_others = [&](const auto& some, const auto& others) {
        for (const auto& [key, fingerprint] : some) {
            const auto other = others.find(key);
            if (other == others.end() || other->second != fingerprint) parts->doubtful.insert(key);
        }
    };
    note_others(before, pins);
    note_others(pins, before);
    before = std::move(pins);
    pending.clear();
}

void finder::state::set_subaddressing(std::vector<std::string> domains) {
    auto& before = parts->settings.subaddressing;
    if (domains == before) return;
    before = std::move(domains);
    pending.clear();
}

void finder::state::close() {
    parts->closed = true;
    parts->remembered->close();
    for (const auto& [key, begun] : pending)
        end(*begun, temporary("postseal is shutting down"));
}

/// Joins a lookup of the same address that is under way. Null: there are too many.
std::shared_ptr<lookup> finder::state::begin(const self& on, const smtp::mailbox& address) {
    auto key = lookup_key(address);
    if (const auto known = on->pending.find(key); known != on->pending.end()) return known->second;
    if (on->parts->closed || on->pending.size() >= max_pending) return nullptr;
    auto begun = std::make_shared<lookup>();
    on->pending.emplace(std::move(key), begun);
    asio::co_spawn(on->parts->executor, run(on, begun, address), asio::detached);
    return begun;
}

asio::awaitable<void> finder::state::run(self on, std::shared_ptr<lookup> begun,
                                         smtp::mailbox address) {
    auto looking = look_up(on, address, believing::memory, begun->so_far);
    auto result = co_await std::move(looking);
    const auto here = on->pending.find(lookup_key(address));
    if (here != on->pending.end() && here->second == begun) on->pending.erase(here);
    end(*begun, std::move(result));
}

// However a lookup fails: for whom there is a pin, there is a key. What was begun under earlier
// pins says nothing of those that have come since.
asio::awaitable<finding> finder::state::find(self on, smtp::mailbox address) {
    const bool pinned = is_pinned(on->parts->settings, address);
    auto waiting = wait(on, address);
    auto said = co_await std::move(waiting);
    if (pinned && !said.opted_out) said.pinned = true;
    co_return said;
}

// Nobody outside is asked about the recipient, but for their own pin; and about the owner nobody,
// where the recipient has opted out.
asio::awaitable<finding> finder::state::find_lent(self on, smtp::mailbox address,
                                                  smtp::mailbox owner) {
    auto asking = word_on(on->parts, address);
    const auto own = co_await std::move(asking);
    if (own.out) co_return as_finding(*own.out);
    auto looking = find(on, own.pinned ? address : owner);
    auto said = co_await std::move(looking);
    if (own.pinned) {
        said.pinned = !said.opted_out;
        co_return said;
    }
    if (said.opted_out) { // which no pin was told with
        auto asking_owner = word_on(on->parts, owner);
        const auto owners = co_await std::move(asking_owner);
        said.pinned = owners.pinned;
    }
    // They may have a pin of their own, and so another key.
    if (!own.is_whole) said.may_replace = true;
    co_return lend(std::move(said), owner);
}

asio::awaitable<void> finder::state::begin_lent(self on, smtp::mailbox address,
                                                smtp::mailbox owner) {
    auto asking = word_on(on->parts, address);
    const auto own = co_await std::move(asking);
    if (!own.out) begin(on, own.pinned ? address : owner);
}

asio::awaitable<finding> finder::state::wait(self on, smtp::mailbox address) {
    const auto begun = begin(on, address);
    if (!begun) co_return temporary("too many lookups are under way");
    if (!begun->result) {
        const auto timer = std::make_shared<asio::steady_timer>(on->parts->executor);
        // From when it was asked first, not from now: the lookups of one message, begun together
        // and waited for one after another, end together.
        timer->expires_at(begun->began + on->parts->settings.deadline);
        begun->waiting.push_back(timer);
        boost::system::error_code cancelled;
        auto token = asio::redirect_error(asio::use_awaitable, cancelled);
        auto waiting = timer->async_wait(std::move(token));
        co_await std::move(waiting);
    }
    if (begun->result) co_return *begun->result;
    co_return overdue(*begun->so_far, on->parts->settings, on->parts->now());
}

asio::awaitable<finding> finder::state::look_up(self on, smtp::mailbox address, believing whom,
                                                std::shared_ptr<progress> so_far) {
    std::string thrown;
    try {
        const auto base = base_of(address, on->parts->settings.subaddressing);
        bool by_base = false;
        if (base) {
            auto choosing = goes_by_base(on->parts, address, *base);
            by_base = co_await std::move(choosing);
        }
        if (!by_base) {
            auto looking = inquire(on->parts, address, whom, so_far);
            auto said = co_await std::move(looking);
            if (said.result != outcome::absent || said.opted_out || !base) co_return said;
            *so_far = {};
        }
        auto looking = inquire(on->parts, *base, whom, so_far);
        auto said = co_await std::move(looking);
        said.of_base = true;
        said.reason = "as " + smtp::to_string(*base) + ": " + said.reason;
        co_return said;
    } catch (const std::exception& failed) {
        thrown = failed.what();
    }
    co_return temporary("the lookup failed: " + thrown);
}

} // namespace postseal::keys
