// SPDX-License-Identifier: Apache-2.0
#include "keys/postgresql_store.hpp"

#include "keys/postgresql_database.hpp"
#include "keys/postgresql_pool.hpp"
#include "keys/user_id.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <atomic>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace postseal::keys {

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::result;
using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;
using kind = postgresql_trouble::kind;

namespace {

/// For what an administrator asks, and for what nobody waits for.
constexpr auto patience_with_much = 10'000ms;

/// After a server has not taken what was to be written in time, the connections are for reading: a
/// standby that has to confirm everything and is away stops the one, not the other.
constexpr auto no_writing = 5s;

/// Boost's own base class has no virtual destructor.
class category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "postseal.keys.postgresql"; }
    std::string message(int code) const override {
        switch (static_cast<kind>(code - 1)) {
        case kind::unreachable: return "the server cannot be reached";
        case kind::late: return "the server does not answer in time";
        case kind::refused: return "the server has refused it";
        case kind::unfit: return "the server does not let us";
        }
        return "?";
    }
};

error_code to_error(const postgresql_trouble& trouble) {
    static const category postgresql;
    return std::error_code(static_cast<int>(trouble.what) + 1, postgresql);
}

std::string random_name() {
    std::random_device source;
    return std::to_string(source()) + '-' + std::to_string(source());
}

} // namespace

std::optional<std::string> mistake_in_postgresql(const std::string& server) {
    if (postgresql_target::parse(server)) return std::nullopt;
    return "this is no connection string such as postgresql://user@host/database; what is special "
           "in "
           "one has to be written with %, an @ in a password as %40, a / as %2F";
}

/// What queries under way share; they keep it alive.
struct postgresql_store::state {
    state(postgresql_target where, std::size_t connections) : pool(std::move(where), connections) {}

    template<class T>
    postgresql_answer<T>
    run(access way, steady::time_point until,
        const std::function<postgresql_answer<T>(postgresql_database&)>& asked);
    void note(access way, const std::optional<postgresql_trouble>& now);

    postgresql_pool pool;
    const std::string holder = random_name();
    std::atomic<steady::time_point> writes_again{steady::time_point()};

    std::mutex guard;                  // of the rest
    std::array<std::string, 2> last{}; ///< troubles with either access, until they are over
    std::vector<std::string> untold;
};

// On one of the store's threads.
template<class T>
postgresql_answer<T> postgresql_store::state::run(
    access way, steady::time_point until,
    const std::function<postgresql_answer<T>(postgresql_database&)>& asked) {
    if (way == access::writing && steady::now() < writes_again.load())
        return postgresql_trouble{kind::late, "it has not taken what was written a moment ago"};
    // It has waited too long for a thread: no connection is to blame.
    if (steady::now() >= until)
        return postgresql_trouble{kind::late, "too much is asked of it at once"};
    auto lent = pool.borrow(until);
    if (!lent) return lent.error();
    postgresql_database database(**lent, until);
    auto answer = asked(database);
    if (!answer && answer.error().what == kind::late && way == access::writing)
        writes_again = steady::now() + no_writing;
    return answer;
}

/// What is unreachable is told by the pool: it knows whether there is another server.
void postgresql_store::state::note(access way, const std::optional<postgresql_trouble>& now) {
    const std::lock_guard lock(guard);
    auto& known = last[way == access::reading ? 0 : 1];
    if (now && now->what == kind::unreachable) return;
    if (now && now->reason != known)
        untold.push_back(std::string("the key store cannot be ") +
                         (way == access::reading ? "read" : "written") + " (" + now->reason +
                         "): keys are looked up instead");
    known = now ? now->reason : std::string();
}

postgresql_store::postgresql_store(postgresql_settings settings)
    : settings_(std::move(settings)), threads_(settings_.connections) {
    auto where = postgresql_target::parse(settings_.server);
    if (!where)
        throw std::runtime_error("cannot use the key store: " +
                                 *mistake_in_postgresql(settings_.server));
    const auto name = where->name();
    state_ = std::make_shared<state>(std::move(*where), settings_.connections);
    const auto trouble = state_->pool.first_trouble(steady::now() + settings_.patience_at_start);
    if (trouble && trouble->what == kind::unfit)
        throw std::runtime_error("cannot use the key store on " + name + ": " + trouble->reason);
}

postgresql_store::~postgresql_store() { threads_.join(); }

std::vector<std::string> postgresql_store::take_warnings() {
    auto warnings = state_->pool.take_warnings();
    const std::lock_guard lock(state_->guard);
    std::ranges::move(std::exchange(state_->untold, {}), std::back_inserter(warnings));
    return warnings;
}

namespace {

template<class T>
using query = std::function<postgresql_answer<T>(postgresql_database&)>;

template<class T>
asio::awaitable<result<T>> run_here(std::function<result<T>()> work) {
    co_return work();
}

/// co_spawn completes on the executor of whoever awaits it: the caller's.
template<class T>
asio::awaitable<result<T>> run_on(asio::thread_pool::executor_type threads,
                                  std::function<result<T>()> work) {
    auto running = run_here<T>(std::move(work));
    auto spawned = asio::co_spawn(threads, std::move(running), asio::use_awaitable);
    co_return co_await std::move(spawned);
}

} // namespace

template<class T, class Query>
store::promised<T> postgresql_store::ask(access way, std::chrono::milliseconds patience,
                                         Query asked) {
    std::function<result<T>()> work = [in = state_, way, until = steady::now() + patience,
                                       asked = query<T>(std::move(asked))]() -> result<T> {
        auto answer = in->template run<T>(way, until, asked);
        in->note(way, answer ? std::optional<postgresql_trouble>() : answer.error());
        if (!answer) return {boost::system::in_place_error, to_error(answer.error())};
        if constexpr (std::is_void_v<T>)
            return {};
        else
            return {boost::system::in_place_value, std::move(*answer)};
    };
    return run_on<T>(threads_.get_executor(), std::move(work));
}

store::promised<record> postgresql_store::recall(smtp::mailbox address) {
    return ask<record>(
        access::reading, settings_.patience,
        [key = lookup_key(address)](postgresql_database& on) { return on.recall(key); });
}

store::promised<void> postgresql_store::remember(smtp::mailbox address, record_changes changes) {
    return ask<void>(access::writing, settings_.patience,
                     [key = lookup_key(address), changes = std::move(changes)](
                         postgresql_database& on) { return on.remember(key, changes); });
}

store::promised<std::vector<known_address>>
postgresql_store::browse(std::string domain, std::string after, std::size_t limit) {
    return ask<std::vector<known_address>>(
        access::reading, patience_with_much,
        [domain = std::move(domain), after = std::move(after), limit](postgresql_database& on) {
            return on.browse(domain, after, limit);
        });
}

store::promised<void> postgresql_store::forget(smtp::mailbox address) {
    return ask<void>(
        access::writing, patience_with_much,
        [key = lookup_key(address)](postgresql_database& on) { return on.forget(key); });
}

store::promised<std::size_t> postgresql_store::forget_domain(std::string domain) {
    return ask<std::size_t>(
        access::writing, patience_with_much,
        [domain = std::move(domain)](postgresql_database& on) { return on.forget_domain(domain); });
}

store::promised<std::vector<std::string>> postgresql_store::due(due_for_refresh which) {
    return ask<std::vector<std::string>>(
        access::reading, patience_with_much,
        [which](postgresql_database& on) { return on.due(which); });
}

store::promised<void> postgresql_store::prune(std::chrono::sys_seconds before) {
    return ask<void>(access::writing, patience_with_much,
                     [before](postgresql_database& on) { return on.prune(before); });
}

store::promised<lease> postgresql_store::take_lease(std::string name,
                                                    std::chrono::seconds how_long) {
    return ask<lease>(
        access::writing, settings_.patience,
        [name = std::move(name), holder = state_->holder, how_long](postgresql_database& on) {
            return on.take_lease(name, holder, how_long);
        });
}

} // namespace postseal::keys
