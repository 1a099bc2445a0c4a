// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_store.hpp"

#include "keys/sqlite_database.hpp"
#include "keys/user_id.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace postseal::keys {

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::result;

struct sqlite_store::troubles {
    struct trouble {
        const char* what;
        error_code last{};
    };
    trouble reading{"read"};
    trouble writing{"written"};
    std::vector<std::string> untold;

    void note(access way, error_code now) {
        auto& about = way == access::reading ? reading : writing;
        if (now && now != about.last)
            untold.push_back(std::string("the key store cannot be ") + about.what + " (" +
                             now.message() + "): keys are looked up instead");
        about.last = now;
    }
};

sqlite_store::sqlite_store(const std::filesystem::path& file)
    : database_(std::make_shared<sqlite_database>(file)), troubles_(std::make_shared<troubles>()) {}

sqlite_store::~sqlite_store() { thread_.join(); }

std::vector<std::string> sqlite_store::take_warnings() {
    return std::exchange(troubles_->untold, {});
}

namespace {

template<class T>
using query = std::function<result<T>(sqlite_database&)>;

/// Runs on the store's thread; everything by value, since a caller may be gone before it.
template<class T>
asio::awaitable<result<T>> run(std::shared_ptr<sqlite_database> on, query<T> asked) {
    co_return asked(*on);
}

/// co_spawn completes on the executor of whoever awaits it: the caller's.
template<class T, class Note>
asio::awaitable<result<T>> run_on(asio::thread_pool::executor_type thread,
                                  std::shared_ptr<sqlite_database> database, query<T> asked,
                                  Note note) {
    auto running = run<T>(std::move(database), std::move(asked));
    auto spawned = asio::co_spawn(thread, std::move(running), asio::use_awaitable);
    auto answer = co_await std::move(spawned);
    note(answer ? error_code() : answer.error());
    co_return answer;
}

} // namespace

template<class T>
store::promised<T> sqlite_store::ask(access way, query<T> asked) {
    // The store may be gone when the answer is there.
    auto note = [noting = troubles_, way](error_code now) { noting->note(way, now); };
    return run_on<T>(thread_.get_executor(), database_, std::move(asked), std::move(note));
}

store::promised<record> sqlite_store::recall(smtp::mailbox address) {
    return ask<record>(access::reading,
                       [key = lookup_key(address)](sqlite_database& on) { return on.recall(key); });
}

store::promised<void> sqlite_store::remember(smtp::mailbox address, record_changes changes) {
    return ask<void>(access::writing,
                     [key = lookup_key(address), changes = std::move(changes)](
                         sqlite_database& on) { return on.remember(key, changes); });
}

store::promised<std::vector<known_address>>
sqlite_store::browse(std::string domain, std::string after, std::size_t limit) {
    return ask<std::vector<known_address>>(
        access::reading, [domain = std::move(domain), after = std::move(after),
                          limit](sqlite_database& on) { return on.browse(domain, after, limit); });
}

store::promised<void> sqlite_store::forget(smtp::mailbox address) {
    return ask<void>(access::writing,
                     [key = lookup_key(address)](sqlite_database& on) { return on.forget(key); });
}

store::promised<std::size_t> sqlite_store::forget_domain(std::string domain) {
    return ask<std::size_t>(access::writing, [domain = std::move(domain)](sqlite_database& on) {
        return on.forget_domain(domain);
    });
}

store::promised<std::vector<std::string>> sqlite_store::due(due_for_refresh which) {
    return ask<std::vector<std::string>>(access::reading,
                                         [which](sqlite_database& on) { return on.due(which); });
}

store::promised<void> sqlite_store::prune(std::chrono::sys_seconds before) {
    return ask<void>(access::writing, [before](sqlite_database& on) { return on.prune(before); });
}

store::promised<lease> sqlite_store::take_lease(std::string name, std::chrono::seconds how_long) {
    return ask<lease>(access::writing, [name = std::move(name), how_long](sqlite_database& on) {
        const auto now = std::chrono::system_clock::now();
        return on.take_lease(name, std::chrono::floor<std::chrono::seconds>(now), how_long);
    });
}

} // namespace postseal::keys
