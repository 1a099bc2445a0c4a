// SPDX-License-Identifier: Apache-2.0
// What a threaded_store does: for the one file that knows its database and instantiates it.
#pragma once

#include "keys/threaded_store.hpp"
#include "keys/user_id.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <type_traits>
#include <utility>

namespace postseal::keys {

template<class T>
boost::asio::awaitable<boost::system::result<T>>
run_here(std::function<boost::system::result<T>()> work) {
    co_return work();
}

/// co_spawn completes on the executor of whoever awaits it: the caller's. Everything by value,
/// since a caller, and the store, may be gone before the answer is there.
template<class T>
boost::asio::awaitable<boost::system::result<T>>
run_on(boost::asio::thread_pool::executor_type threads,
       std::function<boost::system::result<T>()> work) {
    auto running = run_here<T>(std::move(work));
    auto spawned = boost::asio::co_spawn(threads, std::move(running), boost::asio::use_awaitable);
    co_return co_await std::move(spawned);
}

template<class Database>
threaded_store<Database>::threaded_store(std::shared_ptr<database_access<Database>> through,
                                         std::size_t threads)
    : through_(std::move(through)), threads_(threads) {}

template<class Database>
threaded_store<Database>::~threaded_store() {
    threads_.join();
}

template<class Database>
template<class T, class Query>
store::promised<T> threaded_store<Database>::ask(access way, urgency whose, Query query) {
    using told = typename Database::template result<T>;
    const errand what{way, whose, std::chrono::steady_clock::now()};
    std::function<boost::system::result<T>()> work =
        [through = through_, what,
         query = std::function<told(Database&)>(std::move(query))]() -> boost::system::result<T> {
        std::optional<told> answer;
        const auto failed = through->run(what, [&](Database& on) {
            answer = query(on);
            return *answer ? std::nullopt : std::optional(answer->error());
        });
        if (failed) return failed;
        if constexpr (std::is_void_v<T>)
            return {};
        else
            return std::move(**answer);
    };
    return run_on<T>(threads_.get_executor(), std::move(work));
}

template<class Database>
store::promised<record> threaded_store<Database>::recall(smtp::mailbox address) {
    return ask<record>(access::reading, urgency::mail,
                       [key = lookup_key(address)](Database& on) { return on.recall(key); });
}

template<class Database>
store::promised<void> threaded_store<Database>::remember(smtp::mailbox address,
                                                         record_changes changes) {
    return ask<void>(access::writing, urgency::mail,
                     [key = lookup_key(address), changes = std::move(changes)](Database& on) {
                         return on.remember(key, changes);
                     });
}

template<class Database>
store::promised<std::vector<known_address>>
threaded_store<Database>::browse(std::string domain, std::string after, std::size_t limit) {
    return ask<std::vector<known_address>>(
        access::reading, urgency::work,
        [domain = std::move(domain), after = std::move(after), limit](Database& on) {
            return on.browse(domain, after, limit);
        });
}

template<class Database>
store::promised<void> threaded_store<Database>::forget(smtp::mailbox address) {
    return ask<void>(access::writing, urgency::work,
                     [key = lookup_key(address)](Database& on) { return on.forget(key); });
}

template<class Database>
store::promised<std::size_t> threaded_store<Database>::forget_domain(std::string domain) {
    return ask<std::size_t>(
        access::writing, urgency::work,
        [domain = std::move(domain)](Database& on) { return on.forget_domain(domain); });
}

template<class Database>
store::promised<std::vector<std::string>> threaded_store<Database>::due(due_for_refresh which) {
    return ask<std::vector<std::string>>(access::reading, urgency::work,
                                         [which](Database& on) { return on.due(which); });
}

template<class Database>
store::promised<std::vector<std::string>> threaded_store<Database>::given_to(std::string after,
                                                                             std::size_t limit) {
    return ask<std::vector<std::string>>(
        access::reading, urgency::work,
        [after = std::move(after), limit](Database& on) { return on.given_to(after, limit); });
}

template<class Database>
store::promised<void> threaded_store<Database>::put_opt_out(opt_out one) {
    return ask<void>(access::writing, urgency::work,
                     [one = std::move(one)](Database& on) { return on.put_opt_out(one); });
}

template<class Database>
store::promised<std::size_t> threaded_store<Database>::end_opt_out(std::string name) {
    return ask<std::size_t>(access::writing, urgency::work, [name = std::move(name)](Database& on) {
        return on.end_opt_out(name);
    });
}

template<class Database>
store::promised<std::vector<opt_out>> threaded_store<Database>::opt_outs(std::string after,
                                                                         std::size_t limit) {
    return ask<std::vector<opt_out>>(
        access::reading, urgency::work,
        [after = std::move(after), limit](Database& on) { return on.opt_outs(after, limit); });
}

template<class Database>
store::promised<void> threaded_store<Database>::prune(std::chrono::sys_seconds before) {
    return ask<void>(access::writing, urgency::work,
                     [before](Database& on) { return on.prune(before); });
}

template<class Database>
store::promised<lease> threaded_store<Database>::take_lease(std::string name,
                                                            std::chrono::seconds how_long) {
    return ask<lease>(
        access::writing, urgency::mail,
        [name = std::move(name), how_long](Database& on) { return on.take_lease(name, how_long); });
}

} // namespace postseal::keys
