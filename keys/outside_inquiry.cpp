// SPDX-License-Identifier: Apache-2.0
#include "keys/outside_inquiry.hpp"

#include "keys/hearing.hpp"
#include "keys/user_id.hpp"
#include "keys/verdict.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Whoever shares the store and asks already is given this time, looked at so often.
constexpr int looks_for_others = 12;
constexpr std::chrono::milliseconds between_looks = 250ms;

void add_known(std::vector<cleaned_certificate>& to, const record& known) {
    if (known.remembered && known.remembered->what.found) {
        const auto& key = *known.remembered->what.found;
        to.push_back({key.fingerprint, *key.bytes, {}});
    }
    for (const auto& one : known.rejected)
        to.push_back({one.fingerprint, one.bytes, {}});
}

asio::awaitable<void> wait(std::shared_ptr<inquiry_parts> with, std::chrono::milliseconds time) {
    asio::steady_timer timer(with->executor, time);
    boost::system::error_code cancelled;
    auto token = asio::redirect_error(asio::use_awaitable, cancelled);
    auto waiting = timer.async_wait(std::move(token));
    co_await std::move(waiting);
}

} // namespace

asio::awaitable<std::optional<recalled>> wait_for_others(std::shared_ptr<inquiry_parts> with,
                                                         smtp::mailbox address) {
    const auto patience = std::chrono::ceil<std::chrono::seconds>(with->settings.deadline);
    for (int looks = 0; looks < looks_for_others && !with->closed; ++looks) {
        auto leasing = with->remembered->may_ask(address, patience);
        if (co_await std::move(leasing)) break;
        auto waiting = wait(with, between_looks);
        co_await std::move(waiting);
        if (with->closed) break;
        auto recalling = with->remembered->recall(address);
        auto told = co_await std::move(recalling);
        const auto& theirs = told.known.remembered;
        if (theirs && is_fresh(*theirs, with->now())) co_return told;
    }
    co_return std::nullopt;
}

asio::awaitable<finding> ask_outside(std::shared_ptr<inquiry_parts> with, question asked,
                                     std::vector<cleaned_certificate> seen,
                                     std::shared_ptr<progress> so_far) {
    auto waiting = with->remote->wait();
    const auto turn = co_await std::move(waiting);
    if (with->closed) co_return shutting_down();
    add_known(seen, so_far->known->known);
    so_far->remote = std::make_shared<hearings>();
    so_far->remote->seen = std::move(seen);
    auto asking =
        ask_in_order(&with->sources.after_store, asked, so_far->remote, guarded(with), with->now);
    co_await std::move(asking);

    const auto now = with->now();
    auto drawn = conclude(*so_far->known, *so_far->remote, asked.pinned, now);
    if (drawn.result.result == outcome::temporary) {
        with->remembered->note_failure(asked.address, drawn.result);
    } else {
        with->remembered->forget_failure(asked.address);
        const auto spread = std::hash<std::string>()(lookup_key(asked.address));
        auto until = fresh_until(drawn.result, with->settings.keep, now, spread);
        if (so_far->remote->brief && drawn.result.result == outcome::absent)
            until = std::min(until, now + with->settings.keep.temporary);
        drawn.changes.remembered = memory{drawn.result, now, until};
    }
    apply(so_far->known->known, drawn.changes);
    auto remembering = with->remembered->remember(asked.address, std::move(drawn.changes));
    co_await std::move(remembering);
    auto giving_up = with->remembered->has_asked(asked.address);
    co_await std::move(giving_up);
    co_return std::move(drawn.result);
}

} // namespace postseal::keys
