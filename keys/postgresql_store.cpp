// SPDX-License-Identifier: Apache-2.0
#include "keys/postgresql_store.hpp"

#include "keys/postgresql_database.hpp"
#include "keys/postgresql_pool.hpp"
#include "keys/threaded_queries.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace postseal::keys {

using boost::system::error_code;
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
    const auto where = postgresql_target::parse(server);
    if (where) return std::nullopt;
    return where.error().reason;
}

/// What queries under way share; they keep it alive.
struct postgresql_store::state final : database_access<postgresql_database> {
    state(postgresql_target where, postgresql_settings chosen)
        : settings(std::move(chosen)), pool(std::move(where), settings.connections, settings.now) {}

    static std::shared_ptr<state> open(postgresql_settings settings);
    error_code run(const errand& what, const query& asked) override;
    std::optional<postgresql_trouble> ask(const errand& what, const query& asked);

    const postgresql_settings settings;
    postgresql_pool pool;
    const std::string holder = random_name();
    std::atomic<steady::time_point> writes_again{steady::time_point()};
    store_troubles troubles;
};

// On one of the store's threads.
error_code postgresql_store::state::run(const errand& what, const query& asked) {
    const auto failed = ask(what, asked);
    // What is unreachable is told by the pool: it knows whether there is another server.
    if (!failed || failed->what != kind::unreachable)
        troubles.note(what.way, failed ? failed->reason : std::string());
    return failed ? to_error(*failed) : error_code();
}

std::optional<postgresql_trouble> postgresql_store::state::ask(const errand& what,
                                                               const query& asked) {
    if (what.way == access::writing && steady::now() < writes_again.load())
        return postgresql_trouble{kind::late, "it has not taken what was written a moment ago"};
    const auto until =
        what.begun + (what.whose == urgency::mail ? settings.patience : patience_with_much);
    // It has waited too long for a thread: no connection is to blame.
    if (steady::now() >= until)
        return postgresql_trouble{kind::late, "too much is asked of it at once"};
    auto lent = pool.borrow(until);
    if (!lent) return lent.error();
    postgresql_database database(**lent, until, holder);
    auto failed = asked(database);
    // What takes long by itself says nothing of how others fare.
    const bool is_small = what.way == access::writing && what.whose == urgency::mail;
    if (failed && failed->what == kind::late && is_small) writes_again = steady::now() + no_writing;
    return failed;
}

std::shared_ptr<postgresql_store::state>
postgresql_store::state::open(postgresql_settings settings) {
    auto where = postgresql_target::parse(settings.server);
    if (!where) throw std::runtime_error("cannot use the key store: " + where.error().reason);
    const auto name = where->name();
    auto opened = std::make_shared<state>(std::move(*where), std::move(settings));
    const auto patience = opened->settings.patience_at_start;
    const auto trouble = opened->pool.first_trouble(steady::now() + patience);
    if (trouble && trouble->what == kind::unfit)
        throw std::runtime_error("cannot use the key store on " + name + ": " + trouble->reason);
    return opened;
}

postgresql_store::postgresql_store(postgresql_settings settings)
    : postgresql_store(state::open(std::move(settings))) {}

postgresql_store::postgresql_store(std::shared_ptr<state> opened)
    : threaded_store(opened, opened->settings.connections), state_(std::move(opened)) {}

postgresql_store::~postgresql_store() = default;

std::vector<std::string> postgresql_store::take_warnings() {
    auto warnings = state_->pool.take_warnings();
    std::ranges::move(state_->troubles.take(), std::back_inserter(warnings));
    return warnings;
}

template class threaded_store<postgresql_database>;

} // namespace postseal::keys
