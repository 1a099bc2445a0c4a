// SPDX-License-Identifier: Apache-2.0
#include "keys/finder_memory.hpp"

#include "keys/assessment.hpp"
#include "keys/user_id.hpp"
#include "keys/verdict.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;
using certificates = std::vector<cleaned_certificate>;
using steady = std::chrono::steady_clock;

finding make_finding(outcome result, std::string reason) {
    finding made;
    made.result = result;
    made.source = "store";
    made.reason = std::move(reason);
    return made;
}

bool holds(const certificates& seen, const std::string& fingerprint) {
    return std::any_of(seen.begin(), seen.end(),
                       [&](const auto& one) { return one.fingerprint == fingerprint; });
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

/// A large one that is not revoked is not kept: whoever serves one of them would have made the key
/// unusable for ever.
bool is_news(const rejected_certificate& one, const std::vector<rejected_certificate>& known) {
    const auto same = [&](const auto& other) {
        return other.fingerprint == one.fingerprint && other.bytes == one.bytes &&
               other.revoked == one.revoked;
    };
    if (std::any_of(known.begin(), known.end(), same)) return false;
    return one.revoked || leaves_room({one.fingerprint, one.bytes, {}});
}

} // namespace

asio::awaitable<recalled> finder_memory::recall(smtp::mailbox address) {
    return recall_in(shared_from_this(), std::move(address));
}

asio::awaitable<void> finder_memory::remember(smtp::mailbox address, finding what) {
    return remember_in(shared_from_this(), std::move(address), std::move(what));
}

asio::awaitable<std::vector<rejected_certificate>>
finder_memory::recall_rejected(smtp::mailbox address) {
    return recall_rejected_in(shared_from_this(), std::move(address));
}

asio::awaitable<void> finder_memory::remember_rejected(smtp::mailbox address,
                                                       std::vector<rejected_certificate> known,
                                                       std::vector<rejected_certificate> entries) {
    std::erase_if(entries, [&](const auto& one) { return !is_news(one, known); });
    return remember_rejected_in(shared_from_this(), std::move(address), std::move(entries));
}

asio::awaitable<source_report> finder_memory::report(smtp::mailbox address) {
    return report_in(shared_from_this(), std::move(address));
}

std::optional<finding> finder_memory::recent_failure(const smtp::mailbox& address) {
    auto failed = failed_.recall(lookup_key(address));
    if (!failed || !is_fresh(*failed, now_())) return std::nullopt;
    return std::move(failed->what);
}

std::chrono::seconds finder_memory::lifetime(outcome what) const {
    switch (what) {
    case outcome::found: return lifetimes_.keep_found;
    case outcome::absent:
    case outcome::unusable: return lifetimes_.keep_absent;
    case outcome::temporary: break;
    }
    return lifetimes_.keep_temporary;
}

/// A store that cannot be read has nothing to say: the sources are asked, and never does that
/// become "no key".
asio::awaitable<recalled> finder_memory::recall_in(self in, smtp::mailbox address) {
    const auto key = lookup_key(address);
    auto recent = in->settled_.recall(key);
    if (recent && is_fresh(*recent, in->now_())) co_return recent;
    if (!in->shared_) co_return recent;
    try {
        auto asking = in->shared_->recall(address);
        auto told = co_await std::move(asking);
        if (told && *told && (*told)->what.result != outcome::temporary) {
            in->settled_.remember(key, **told);
            recent = std::move(*told);
        }
    } catch (const std::exception&) {
        // Like an error: what this process remembers has to do.
    }
    co_return recent;
}

/// Temporary findings stay in this process: the next one may have better luck.
asio::awaitable<void> finder_memory::remember_in(self in, smtp::mailbox address, finding what) {
    memory entry;
    entry.asked = in->now_();
    auto lifetime = in->lifetime(what.result);
    if (what.retry_in) lifetime = std::min(lifetime, *what.retry_in);
    entry.fresh_until = entry.asked + lifetime;
    entry.what = std::move(what);
    const auto key = lookup_key(address);
    if (entry.what.result == outcome::temporary) {
        in->failed_.remember(key, std::move(entry));
        co_return;
    }
    in->failed_.forget(key);
    in->settled_.remember(key, entry);
    if (!in->shared_) co_return;
    try {
        auto remembering = in->shared_->remember(address, std::move(entry));
        // A store that cannot be written costs lookups, no mail.
        static_cast<void>(co_await std::move(remembering));
    } catch (const std::exception&) {
    }
}

asio::awaitable<std::vector<rejected_certificate>>
finder_memory::recall_rejected_in(self in, smtp::mailbox address) {
    if (!in->shared_) co_return std::vector<rejected_certificate>();
    try {
        auto asking = in->shared_->recall_rejected(std::move(address));
        auto told = co_await std::move(asking);
        if (told) co_return std::move(*told);
    } catch (const std::exception&) {
        // Like an error: the store tells of it.
    }
    co_return std::vector<rejected_certificate>();
}

asio::awaitable<void>
finder_memory::remember_rejected_in(self in, smtp::mailbox address,
                                    std::vector<rejected_certificate> entries) {
    if (!in->shared_ || entries.empty()) co_return;
    try {
        auto remembering = in->shared_->remember_rejected(std::move(address), std::move(entries));
        static_cast<void>(co_await std::move(remembering));
    } catch (const std::exception&) {
    }
}

asio::awaitable<source_report> finder_memory::report_in(self in, smtp::mailbox address) {
    source_report report;
    report.source = "store";
    report.said = make_finding(outcome::absent, "nothing is remembered");
    const auto started = steady::now();
    try {
        auto asking = in->shared_->recall(std::move(address));
        const auto told = co_await std::move(asking);
        if (!told)
            report.said =
                make_finding(outcome::temporary, "it cannot be read: " + told.error().message());
        else if (*told)
            report.said = describe(**told, in->now_());
    } catch (const std::exception& failed) {
        report.said =
            make_finding(outcome::temporary, std::string("it cannot be read: ") + failed.what());
    }
    report.took = std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - started);
    co_return report;
}

asio::awaitable<recalled> review(recalled known, smtp::mailbox address, certificates seen,
                                 inspector inspect, clock now) {
    if (!known || !known->what.found) co_return known;
    if (!holds(seen, known->what.found->fingerprint)) co_return known;
    answer held;
    held.result = outcome::found;
    held.material = *known->what.found->bytes;
    held.reason = known->what.reason;
    auto assessing = assess(known->what.source, std::move(held), address, std::move(seen),
                            std::move(inspect), std::move(now));
    auto reviewed = co_await std::move(assessing);
    if (reviewed.said.result != outcome::found) known.reset();
    if (known) known->what = std::move(reviewed.said);
    co_return known;
}

} // namespace postseal::keys
