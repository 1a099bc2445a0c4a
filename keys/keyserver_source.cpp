// SPDX-License-Identifier: Apache-2.0
// What becomes of a reply:
//
//   keys       found; judged like everything else
//   no_key     absent
//   refused    absent
//   too_many   temporary; nobody asks before the time that the server has named; asked later
//   useless    temporary; not asked again at once
//   failed     temporary; the server is left alone for a while; asked later
//
// Temporary is always soft here (answer::retry_in): a keyserver is a third party that most
// addresses have nothing to do with. If its limits or its outages held up mail, a stranger's
// computer would decide when the house's mail leaves. Whoever once had a key is not written to in
// clear all the same (keys/finder), nor is a required recipient (policy/plan).
#include "keys/keyserver_source.hpp"

#include "keys/asked_later.hpp"
#include "keys/keyserver_reply.hpp"
#include "keys/packets.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::size_t max_vks_answer = 256 * 1024; // octets: one certificate, cleaned by the server
// Octets: anybody may have put ten thousand signatures on somebody's key, and the cleaner drops
// them.
constexpr std::size_t max_hkp_answer = max_key_material;
constexpr std::chrono::seconds rest_after_failure = 30s;
constexpr std::chrono::seconds rest_unless_told = 60s; // after 429 without Retry-After
constexpr std::chrono::seconds longest_rest = 1h;      // whatever Retry-After says
constexpr std::chrono::seconds longest_patience = 5min;
constexpr std::chrono::seconds longest_turn = 2s; // that a question by fingerprint is waited for

std::chrono::seconds whole(steady::duration time) {
    return std::clamp(std::chrono::ceil<std::chrono::seconds>(time), 1s, longest_patience);
}

answer make_answer(outcome result, std::string reason) {
    answer made;
    made.result = result;
    made.reason = std::move(reason);
    return made;
}

} // namespace

struct keyserver_source::state {
    state(https_get asks, keyserver_settings chosen)
        : get(std::move(asks)),
          settings(std::move(chosen)),
          tokens(settings.limit),
          fingerprint_tokens(fingerprint_limit) {}

    https_get get;
    keyserver_settings settings;
    token_bucket tokens;
    token_bucket fingerprint_tokens;
    asked_later later;
    bool working = false; // the background's coroutine is there
    bool asking = false;  // it asks for the first one of `later` just now
    bool closed = false;
    std::weak_ptr<asio::steady_timer> asleep{}; // the background's

    using self = std::shared_ptr<state>;
    static asio::awaitable<answer> ask(self on, smtp::mailbox address);
    static asio::awaitable<answer> ask_by_fingerprint(self on, std::string fingerprint);
    static asio::awaitable<answer> fetch(self on, std::string url, token_bucket* paid_from);
    static asio::awaitable<void> catch_up(self on);
    static asio::awaitable<void> ask_next(self on);
    static answer ask_later(const self& on, const smtp::mailbox& address, std::string why,
                            const asio::any_io_executor& executor);
};

keyserver_source::keyserver_source(https_get get, keyserver_settings settings)
    : state_(std::make_shared<state>(std::move(get), std::move(settings))) {}

keyserver_source::~keyserver_source() {
    state_->closed = true;
    if (const auto timer = state_->asleep.lock()) timer->cancel();
}

std::string_view keyserver_source::name() const {
    switch (state_->settings.server.speaks) {
    case keyserver::protocol::vks: return "vks";
    case keyserver::protocol::hkp: break;
    }
    return "hkp";
}

asio::awaitable<answer> keyserver_source::ask(smtp::mailbox address) {
    return state::ask(state_, std::move(address));
}

asio::awaitable<answer> keyserver_source::ask_by_fingerprint(std::string fingerprint) {
    return state::ask_by_fingerprint(state_, std::move(fingerprint));
}

asio::awaitable<answer> keyserver_source::state::ask(self on, smtp::mailbox address) {
    const auto url = make_keyserver_url(on->settings.server, address);
    if (!url) {
        auto none =
            make_answer(outcome::absent, "not looked up: " + std::string(to_string(url.error())));
        none.asked_nobody = true;
        co_return none;
    }
    if (auto known = on->later.take(address, steady::now())) co_return std::move(*known);

    const auto executor = co_await asio::this_coro::executor;
    // Whoever waits already is served first.
    if (!on->later.empty() || !on->tokens.take(steady::now()))
        co_return ask_later(on, address, "may not be asked so often", executor);
    auto asking = fetch(on, *url, &on->tokens);
    auto said = co_await std::move(asking);
    if (said.result != outcome::temporary || said.retry_in) co_return said;
    co_return ask_later(on, address, std::move(said.reason), executor);
}

asio::awaitable<answer> keyserver_source::state::ask_by_fingerprint(self on,
                                                                    std::string fingerprint) {
    if (!on->settings.for_revocations) co_return make_answer(outcome::absent, "not asked for it");
    const auto executor = co_await asio::this_coro::executor;
    const auto wait = on->fingerprint_tokens.wait(steady::now());
    auto resting = make_answer(outcome::temporary, std::string(on->settings.server.name()) +
                                                       " is left alone for now, after a failure");
    resting.resting = true;
    if (wait > longest_turn) co_return resting;
    asio::steady_timer timer(executor, wait);
    boost::system::error_code woken;
    auto token = asio::redirect_error(asio::use_awaitable, woken);
    auto waiting = timer.async_wait(std::move(token));
    co_await std::move(waiting);
    if (on->closed || !on->fingerprint_tokens.take(steady::now())) co_return resting;
    auto url = make_keyserver_url(on->settings.server, fingerprint);
    auto asking = fetch(on, std::move(url), &on->fingerprint_tokens);
    co_return co_await std::move(asking);
}

/// Puts `address` into the queue and sees to it that somebody works it off.
answer keyserver_source::state::ask_later(const self& on, const smtp::mailbox& address,
                                          std::string why, const asio::any_io_executor& executor) {
    const auto name = on->settings.server.name();
    if (why.find(name) == why.npos) why = std::string(name) + ' ' + why;
    auto told = make_answer(outcome::temporary, std::move(why));
    const auto place = on->later.put(address);
    if (!place) {
        told.retry_in = longest_patience;
        told.reason += ", and too many wait for it";
        return told;
    }
    if (!on->working && !on->closed) {
        on->working = true;
        asio::co_spawn(executor, catch_up(on), asio::detached);
    }
    // By then it will have been asked, if the server keeps its word and answers quickly. Who is
    // asked for just now has had a token, and waits for none.
    const auto before = static_cast<steady::duration::rep>(*place) - (on->asking ? 2 : 1);
    told.retry_in = before < 0
                        ? std::chrono::seconds(1)
                        : whole(on->tokens.wait(steady::now()) + on->tokens.interval() * before);
    told.reason =
        "asked later: " + told.reason + "; in " + std::to_string(told.retry_in->count()) + " s";
    return told;
}

asio::awaitable<void> keyserver_source::state::catch_up(self on) {
    const auto executor = co_await asio::this_coro::executor;
    const auto timer = std::make_shared<asio::steady_timer>(executor);
    on->asleep = timer;
    while (!on->closed && !on->later.empty()) {
        const auto now = steady::now();
        if (on->tokens.take(now)) {
            on->asking = true;
            auto asking = ask_next(on);
            co_await std::move(asking);
            on->asking = false;
            continue;
        }
        timer->expires_at(now + on->tokens.wait(now));
        boost::system::error_code woken;
        auto token = asio::redirect_error(asio::use_awaitable, woken);
        auto waiting = timer->async_wait(std::move(token));
        co_await std::move(waiting);
    }
    on->working = false;
}

asio::awaitable<void> keyserver_source::state::ask_next(self on) {
    const auto address = on->later.next();
    auto said = make_answer(outcome::temporary, {});
    try {
        const auto url = make_keyserver_url(on->settings.server, address);
        auto asking = fetch(on, *url, &on->tokens); // there was one when the address was put here
        said = co_await std::move(asking);
    } catch (const std::exception&) {
        // As good as no answer: the next mail to the address asks again.
    }
    // What is useless for this address (retry_in) stays so: others wait.
    if (said.result == outcome::temporary && !said.retry_in)
        on->later.put_off(address);
    else
        on->later.answered(address, std::move(said), steady::now());
}

/// Asks, whoever has taken the token for it, from that bucket, which belongs to `on`. That the
/// server must not be asked any more for a while, the bucket knows then.
asio::awaitable<answer> keyserver_source::state::fetch(self on, std::string url,
                                                       token_bucket* paid_from) {
    const auto speaks = on->settings.server.speaks;
    https_request request;
    request.url = std::move(url);
    request.timeout = on->settings.timeout;
    request.max_body = speaks == keyserver::protocol::vks ? max_vks_answer : max_hkp_answer;
    request.chosen = chosen_by::administrator;
    request.proxy = on->settings.proxy;
    auto asking = on->get(std::move(request));
    auto heard = co_await std::move(asking);
    auto reading = read_keyserver_reply(speaks, heard);

    const auto now = steady::now();
    auto said = make_answer(outcome::absent,
                            std::string(on->settings.server.name()) + ' ' + reading.reason);
    switch (reading.what) {
    case keyserver_reply::keys:
        said.result = outcome::found;
        said.material = std::move(heard.body);
        said.retry_in = longest_patience; // where none of it can be read or judged
        break;
    case keyserver_reply::no_key:
    case keyserver_reply::refused: break;
    case keyserver_reply::too_many:
        said.result = outcome::temporary;
        paid_from->close(now + (heard.retry_after > 0s ? std::min(heard.retry_after, longest_rest)
                                                       : rest_unless_told));
        break;
    case keyserver_reply::useless:
        // Of this address: whoever can upload something that the server cannot serve must not be
        // able to make it rest for all the others.
        said.result = outcome::temporary;
        said.retry_in = longest_patience;
        break;
    case keyserver_reply::failed:
        said.result = outcome::temporary;
        paid_from->close(now + rest_after_failure);
        break;
    }
    co_return said;
}

} // namespace postseal::keys
