// SPDX-License-Identifier: Apache-2.0
#include "keys/finder_memory.hpp"

#include "keys/user_id.hpp"
#include "keys/verdict.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;
using boost::system::result;

constexpr std::size_t max_failures = 10'000; // addresses

finding make_finding(outcome what, std::string reason) {
    finding made;
    made.result = what;
    made.source = "store";
    made.reason = std::move(reason);
    return made;
}

/// For a person: what is remembered, and whether a lookup would believe it.
finding describe(const memory& entry, std::chrono::sys_seconds now) {
    auto told = entry.what;
    if (told.found && is_expired(*told.found, now))
        return make_finding(outcome::unusable, "it has expired: " + told.reason);
    told.reason = (is_fresh(entry, now) ? "remembered: " : "remembered, but to be asked again: ") +
                  told.reason;
    return told;
}

/// Asks the store; an exception is as good as an error.
template<class T>
asio::awaitable<result<T>> guarded(asio::awaitable<result<T>> asking) {
    try {
        co_return co_await std::move(asking);
    } catch (const std::exception&) {
    }
    co_return make_error_code(boost::system::errc::io_error);
}

} // namespace

asio::awaitable<recalled> finder_memory::recall(smtp::mailbox address) {
    return recall_in(shared_from_this(), std::move(address));
}

asio::awaitable<void> finder_memory::remember(smtp::mailbox address, record_changes changes) {
    return remember_in(shared_from_this(), std::move(address), std::move(changes));
}

asio::awaitable<bool> finder_memory::may_ask(smtp::mailbox address, std::chrono::seconds how_long) {
    return may_ask_in(shared_from_this(), std::move(address), how_long);
}

asio::awaitable<void> finder_memory::has_asked(smtp::mailbox address) {
    return has_asked_in(shared_from_this(), std::move(address));
}

asio::awaitable<source_report> finder_memory::report(smtp::mailbox address) {
    return report_in(shared_from_this(), std::move(address));
}

asio::awaitable<recalled> finder_memory::recall_in(self in, smtp::mailbox address) {
    recalled told;
    const auto key = lookup_key(address);
    if (in->shared_) {
        auto asking = guarded(in->shared_->recall(std::move(address)));
        auto read = co_await std::move(asking);
        if (read) {
            record_cache::entry entry;
            if (const auto* const cached = in->cache_.find(key)) entry = *cached;
            told.known = std::move(*read);
            apply(told.known, entry.unwritten);
            entry.known = told.known;
            in->cache_.remember(key, std::move(entry));
            co_return told;
        }
    }
    // What this process has may be old, or be all that was said since the store failed.
    told.is_whole = !in->shared_;
    const auto* const cached = in->cache_.find(key);
    if (cached) told.known = cached->known;
    // It may be over, and nobody could say so: nothing goes in clear for what was read before.
    told.known.opted_out.reset();
    co_return told;
}

asio::awaitable<void> finder_memory::remember_in(self in, smtp::mailbox address,
                                                 record_changes changes) {
    const auto key = lookup_key(address);
    record_cache::entry entry;
    if (const auto* const cached = in->cache_.find(key)) entry = *cached;
    apply(entry.known, changes);
    if (in->shared_) append(entry.unwritten, std::move(changes));
    const auto version = entry.version = ++in->versions_;
    auto unwritten = entry.unwritten;
    in->cache_.remember(key, std::move(entry));
    if (unwritten.empty() || !in->shared_) co_return;
    auto writing = guarded(in->shared_->remember(std::move(address), std::move(unwritten)));
    const auto written = co_await std::move(writing);
    const auto* const cached = in->cache_.find(key);
    if (!written || !cached || cached->version != version) co_return; // the store tells of it
    entry = *cached;
    entry.unwritten = {};
    in->cache_.remember(key, std::move(entry));
}

std::optional<sealing> finder_memory::known_sealing(const smtp::mailbox& address) {
    const auto* const cached = cache_.find(lookup_key(address));
    return cached && cached->unwritten.empty() ? cached->known.sealed : std::nullopt;
}

std::optional<finding> finder_memory::recent_failure(const smtp::mailbox& address) {
    const auto known = failed_.find(lookup_key(address));
    if (known == failed_.end()) return std::nullopt;
    const auto& last = known->second;
    if (last.at > now_() || now_() >= last.at + last.rest) return std::nullopt;
    return last.what;
}

void finder_memory::note_failure(const smtp::mailbox& address, const finding& failed) {
    const auto key = lookup_key(address);
    const auto known = failed_.find(key);
    auto rest = times_.temporary;
    // It was asked while that one was: the same trouble, and not one more.
    if (known != failed_.end() && now_() < known->second.at + known->second.rest) return;
    if (known != failed_.end())
        rest = std::clamp(known->second.rest * 2, times_.temporary, times_.longest_temporary);
    else if (failed_.size() >= max_failures)
        failed_.erase(failed_.begin());
    if (failed.retry_in) rest = std::min(rest, *failed.retry_in);
    failed_.insert_or_assign(key, failure{failed, now_(), rest});
}

void finder_memory::forget_failure(const smtp::mailbox& address) {
    failed_.erase(lookup_key(address));
}

asio::awaitable<bool> finder_memory::may_ask_in(self in, smtp::mailbox address,
                                                std::chrono::seconds how_long) {
    if (!in->shared_ || !in->shared_->is_shared()) co_return true;
    auto asking = guarded(in->shared_->take_lease("key of " + lookup_key(address), how_long));
    const auto whose = co_await std::move(asking);
    co_return !whose || *whose == lease::ours; // better twice than not at all
}

asio::awaitable<void> finder_memory::has_asked_in(self in, smtp::mailbox address) {
    if (!in->shared_ || !in->shared_->is_shared()) co_return;
    auto giving_up =
        guarded(in->shared_->take_lease("key of " + lookup_key(address), std::chrono::seconds(0)));
    static_cast<void>(co_await std::move(giving_up)); // else it ends by itself
}

asio::awaitable<source_report> finder_memory::report_in(self in, smtp::mailbox address) {
    source_report report;
    report.source = "store";
    const auto started = steady::now();
    auto asking = guarded(in->shared_->recall(std::move(address)));
    const auto told = co_await std::move(asking);
    if (!told)
        report.said =
            make_finding(outcome::temporary, "it cannot be read: " + told.error().message());
    else if (told->remembered)
        report.said = describe(*told->remembered, in->now_());
    else
        report.said = make_finding(outcome::absent, "nothing is remembered");
    report.took = std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - started);
    co_return report;
}

} // namespace postseal::keys
