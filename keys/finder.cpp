// SPDX-License-Identifier: Apache-2.0
// A lookup belongs to nobody: it is a coroutine of its own that ends when the sources have said
// what they know, and its finding lands in memory. find() waits for one, with its own patience;
// many can wait for the same. Everything runs on the executor's one thread.
#include "keys/finder.hpp"

#include "keys/finder_memory.hpp"
#include "keys/hearing.hpp"
#include "keys/turns.hpp"
#include "keys/user_id.hpp"
#include "keys/verdict.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <unordered_map>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;
using certificates = std::vector<cleaned_certificate>;
using steady = std::chrono::steady_clock;

constexpr std::size_t max_asking = 200;     // lookups that ask remote sources; others wait
constexpr std::size_t max_pending = 10'000; // lookups that have begun; more are temporary at once

/// One address that is being looked up, and those who wait for it.
struct lookup {
    std::optional<finding> result;
    steady::time_point began = steady::now();
    std::vector<std::shared_ptr<asio::steady_timer>> waiting;
};

finding make_finding(outcome result, std::string source, std::string reason) {
    finding made;
    made.result = result;
    made.source = std::move(source);
    made.reason = std::move(reason);
    return made;
}

finding temporary(std::string reason) {
    return make_finding(outcome::temporary, {}, std::move(reason));
}

/// The first result counts.
void end(lookup& ended, finding result) {
    if (!ended.result) ended.result = std::move(result);
    for (const auto& timer : ended.waiting)
        timer->cancel();
    ended.waiting.clear();
}

cleaned_certificate as_cleaned(const certificate& held) {
    cleaned_certificate made;
    made.fingerprint = held.fingerprint;
    made.bytes = *held.bytes;
    return made;
}

cleaned_certificate as_cleaned(const rejected_certificate& kept) {
    cleaned_certificate made;
    made.fingerprint = kept.fingerprint;
    made.bytes = kept.bytes;
    return made;
}

bool holds(const certificates& seen, const std::string& fingerprint) {
    return std::any_of(seen.begin(), seen.end(),
                       [&](const auto& one) { return one.fingerprint == fingerprint; });
}

bool is_rejected(const hearings& heard, const std::string& fingerprint) {
    return std::ranges::any_of(heard.rejected,
                               [&](const auto& one) { return one.fingerprint == fingerprint; });
}

std::chrono::milliseconds since(steady::time_point started) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - started);
}

} // namespace

struct finder::state {
    asio::any_io_executor executor;
    finder_sources sources;
    std::shared_ptr<finder_memory> remembered;
    inspector inspect;
    finder_settings settings;
    clock now;
    std::shared_ptr<turns> remote;
    bool closed = false; // the finder is gone: what it was given is not used any more
    std::unordered_map<std::string, std::shared_ptr<lookup>> pending; // by lookup key

    void close();

    // Coroutines that keep the state they work on alive.
    using self = std::shared_ptr<state>;
    static std::shared_ptr<lookup> begin(const self& on, const smtp::mailbox& address);
    static asio::awaitable<void> run(self on, std::shared_ptr<lookup> begun, smtp::mailbox address);
    static asio::awaitable<finding> wait(self on, smtp::mailbox address);
    static asio::awaitable<finding> look_up(self on, smtp::mailbox address);
    static asio::awaitable<finding> ask_again(self on, smtp::mailbox address, certificates seen,
                                              recalled known);
    static asio::awaitable<finding> doubt_absence(self on, smtp::mailbox address, finding said,
                                                  hearings heard, recalled known);
    static asio::awaitable<void> note_sealed(self on, smtp::mailbox address);
    static asio::awaitable<hearings> ask_remote(self on, smtp::mailbox address, certificates seen);
    static inspector guarded(self on);
    static asio::awaitable<boost::system::result<inspection>> inspect_if_open(self on,
                                                                              std::string bytes);
    static asio::awaitable<std::vector<source_report>> ask_all(self on, smtp::mailbox address);
};

finder::finder(asio::any_io_executor executor, finder_sources sources, store* memory,
               inspector inspect, finder_settings settings, clock now)
    : state_(std::make_shared<state>()) {
    state_->remote = std::make_shared<turns>(executor, max_asking);
    state_->executor = std::move(executor);
    state_->sources = std::move(sources);
    state_->remembered = std::make_shared<finder_memory>(memory, settings, now);
    state_->inspect = std::move(inspect);
    state_->settings = settings;
    state_->now = std::move(now);
}

finder::~finder() { state_->close(); }

asio::awaitable<finding> finder::find(smtp::mailbox address) {
    return state::wait(state_, std::move(address));
}

void finder::prefetch(const smtp::mailbox& address) { state::begin(state_, address); }

void finder::note_sealed(const smtp::mailbox& address) {
    asio::co_spawn(state_->executor, state::note_sealed(state_, address), asio::detached);
}

asio::awaitable<std::vector<source_report>> finder::ask_all(smtp::mailbox address) {
    return state::ask_all(state_, std::move(address));
}

void finder::state::close() {
    closed = true;
    remembered->close();
    for (const auto& [key, begun] : pending)
        end(*begun, temporary("postseal is shutting down"));
}

/// Joins a lookup of the same address that is under way. Null: there are too many.
std::shared_ptr<lookup> finder::state::begin(const self& on, const smtp::mailbox& address) {
    auto key = lookup_key(address);
    if (const auto known = on->pending.find(key); known != on->pending.end()) return known->second;
    if (on->closed || on->pending.size() >= max_pending) return nullptr;
    auto begun = std::make_shared<lookup>();
    on->pending.emplace(std::move(key), begun);
    asio::co_spawn(on->executor, run(on, begun, address), asio::detached);
    return begun;
}

asio::awaitable<void> finder::state::run(self on, std::shared_ptr<lookup> begun,
                                         smtp::mailbox address) {
    finding result;
    try {
        auto looking = look_up(on, address);
        result = co_await std::move(looking);
    } catch (const std::exception& failed) {
        result = temporary(std::string("the lookup failed: ") + failed.what());
    }
    on->pending.erase(lookup_key(address));
    end(*begun, std::move(result));
}

asio::awaitable<finding> finder::state::wait(self on, smtp::mailbox address) {
    const auto begun = begin(on, address);
    if (!begun) co_return temporary("too many lookups are under way");
    if (!begun->result) {
        const auto timer = std::make_shared<asio::steady_timer>(on->executor);
        // From when it was asked first, not from now: the lookups of one message, begun together
        // and waited for one after another, end together.
        timer->expires_at(begun->began + on->settings.deadline);
        begun->waiting.push_back(timer);
        boost::system::error_code cancelled;
        auto token = asio::redirect_error(asio::use_awaitable, cancelled);
        auto waiting = timer->async_wait(std::move(token));
        co_await std::move(waiting);
    }
    if (begun->result) co_return *begun->result;
    co_return temporary("the lookup took longer than " +
                        std::to_string(on->settings.deadline.count()) + " ms");
}

asio::awaitable<finding> finder::state::look_up(self on, smtp::mailbox address) {
    // What stands before the store is asked every time, and decides where it has a key.
    certificates none;
    auto asking = ask_in_order(&on->sources.before_store, address, none, guarded(on), on->now);
    auto heard = co_await std::move(asking);
    const auto ours = combine(heard.said);
    if (heard.decided) co_return ours;

    auto recalling = on->remembered->recall(address);
    auto told = co_await std::move(recalling);
    auto reviewing = review(std::move(told), address, heard.seen, guarded(on), on->now);
    const auto known = co_await std::move(reviewing);
    if (known && is_fresh(*known, on->now())) {
        heard.said.push_back(known->what);
        co_return combine(heard.said);
    }

    const auto failed = on->remembered->recent_failure(address);
    if (on->sources.after_store.empty()) {
        // Nobody is left to ask: what the sources before the store said is all there is.
    } else if (failed) {
        heard.said.push_back(*failed);
    } else {
        // What was known of a key is part of what is judged now: a server cannot take back a
        // revocation.
        auto seen = heard.seen;
        if (known && known->what.found) seen.push_back(as_cleaned(*known->what.found));
        auto remote = ask_again(on, address, std::move(seen), known);
        auto said = co_await std::move(remote);
        heard.said.push_back(std::move(said));
    }
    auto result = combine(heard.said);
    if (known) result = fall_back(std::move(result), *known, on->now());
    // A key that the administrator's own source holds and that may not be used, revoked for one, is
    // not to be replaced by whatever the domain serves: only its own newer state counts.
    if (ours.result == outcome::unusable && result.found &&
        !holds(heard.seen, result.found->fingerprint))
        co_return ours;
    co_return result;
}

asio::awaitable<finding> finder::state::ask_again(self on, smtp::mailbox address, certificates seen,
                                                  recalled known) {
    auto waiting = on->remote->wait();
    const auto turn = co_await std::move(waiting);
    if (on->closed) co_return temporary("postseal is shutting down");
    auto asking = ask_remote(on, address, std::move(seen));
    auto heard = co_await std::move(asking);
    auto result = combine(heard.said);
    auto doubting = doubt_absence(on, address, std::move(result), std::move(heard), known);
    result = co_await std::move(doubting);
    auto remembering = on->remembered->remember(address, result);
    co_await std::move(remembering);
    co_return result;
}

/// Whoever had a key is not written to in clear because their web server cannot be reached, or
/// somebody in between does not let us: only the domain's own word (decided) ends a key.
asio::awaitable<finding> finder::state::doubt_absence(self on, smtp::mailbox address, finding said,
                                                      hearings heard, recalled known) {
    if (heard.domain == domain_contact::served) {
        auto remembering = on->remembered->remember_directory(address);
        co_await std::move(remembering);
    }
    const bool had_key = known && known->what.found;
    const bool is_theirs = heard.domain == domain_contact::served ||
                           (had_key && is_rejected(heard, known->what.found->fingerprint));
    if (said.result == outcome::unusable && is_theirs) co_return said;
    auto recalling = on->remembered->recall_sealing(address);
    const auto before = co_await std::move(recalling);
    if (said.result == outcome::unusable) {
        // Some key that a third party holds, which says nothing of the one that was used.
        if (!had_key && !before.sealed_before) co_return said;
        said = temporary(said.reason + "; but there was another key before");
    }
    if (had_key || before.sealed_before) {
        auto doubted = doubt(std::move(said), heard.decided, before.denied_since, on->now());
        sealing after;
        after.denied_since = doubted.denied_since;
        after.sealed_before =
            !doubted.confirmed && (before.sealed_before || doubted.denied_since.has_value());
        if (after != before) {
            auto remembering = on->remembered->remember_sealing(address, after);
            co_await std::move(remembering);
        }
        doubted.said.retry_in.reset(); // who had a key is waited for
        co_return std::move(doubted.said);
    }
    if (said.result == outcome::found || heard.domain != domain_contact::unreachable)
        co_return said;
    auto asking = on->remembered->recall_directory(address);
    const bool seen = co_await std::move(asking);
    if (seen) co_return temporary(said.reason + "; its domain has served keys before");
    co_return said;
}

asio::awaitable<void> finder::state::note_sealed(self on, smtp::mailbox address) {
    if (on->remembered->is_known_as_sealed(address)) co_return;
    auto recalling = on->remembered->recall_sealing(address);
    auto entry = co_await std::move(recalling); // what is doubted stays in doubt
    entry.sealed_before = true;
    auto remembering = on->remembered->remember_sealing(std::move(address), entry);
    co_await std::move(remembering);
}

/// With all that was ever rejected for the address beside what the sources serve now.
asio::awaitable<hearings> finder::state::ask_remote(self on, smtp::mailbox address,
                                                    certificates seen) {
    auto recalling = on->remembered->recall_rejected(address);
    auto known = co_await std::move(recalling);
    for (const auto& one : known)
        seen.push_back(as_cleaned(one));
    if (on->closed) {
        hearings nobody;
        nobody.said.push_back(temporary("postseal is shutting down"));
        co_return nobody;
    }
    auto asking =
        ask_in_order(&on->sources.after_store, address, std::move(seen), guarded(on), on->now);
    auto heard = co_await std::move(asking);
    auto remembering = on->remembered->remember_rejected(address, std::move(known), heard.rejected);
    co_await std::move(remembering);
    co_return heard;
}

asio::awaitable<std::vector<source_report>> finder::state::ask_all(self on, smtp::mailbox address) {
    std::vector<source_report> reports;
    const source_list* const lists[] = {&on->sources.before_store, &on->sources.after_store};
    for (const auto* const list : lists) {
        if (list == lists[1] && on->remembered->has_store()) {
            auto recalling = on->remembered->report(address);
            auto report = co_await std::move(recalling);
            reports.push_back(std::move(report));
        }
        for (const auto& one : *list) {
            const auto started = steady::now();
            certificates none; // each for itself, whatever the others serve
            auto asking = ask_source(one.get(), address, std::move(none), guarded(on), on->now);
            auto heard = co_await std::move(asking);
            source_report report;
            report.source = one->name();
            report.said = std::move(heard.done.said);
            report.took = since(started);
            reports.push_back(std::move(report));
        }
    }
    co_return reports;
}

/// The finder's owner may have thrown away what this talks to.
inspector finder::state::guarded(self on) {
    return [on](std::string bytes) { return inspect_if_open(on, std::move(bytes)); };
}

asio::awaitable<boost::system::result<inspection>>
finder::state::inspect_if_open(self on, std::string bytes) {
    if (on->closed) co_return make_error_code(asio::error::operation_aborted);
    auto inspecting = on->inspect(std::move(bytes));
    co_return co_await std::move(inspecting);
}

} // namespace postseal::keys
