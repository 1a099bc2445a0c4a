// SPDX-License-Identifier: Apache-2.0
// What becomes of a reply. "Seen": the domain has served a key to this process before; the finder
// knows those that did before it was started.
//
//   reply          advanced host (asked first)        direct host, not seen   direct host, seen
//   keys           found                              found                   found
//   no_key         absent, and that is final          absent, final           absent, final
//   refused        absent                             absent                  absent
//   too_much       unusable                           unusable                unusable
//   try_later      temporary                          temporary               temporary
//   no_address     direct host is asked               absent                  temporary
//   wrong_name     direct host is asked               absent                  temporary
//   behind_proxy   direct host is asked               absent, for minutes     temporary
//   no_directory   temporary; where every name under  absent                  temporary
//                  the domain resolves: direct host
//
// Of too much, nobody knows what it says: keys/conclusion uses a good key from before on.
//
// The draft asks the direct host only where the advanced one does not exist. A certificate for
// another name proves as much: whoever made it did not mean to serve there, and the direct host has
// to prove its own name, so nobody can put a key in between. Wildcard DNS is told by a name that
// nobody has made.
//
// What a proxy says of a host that does not exist, it also says when its own way out is gone:
// an absence that rests on that is believed for minutes only.
//
// Most mail domains have no web server, or one that knows nothing of keys: refused, silent, HTML
// with 200 for every path. If that were a failure, ordinary mail to them would never leave. Whoever
// can block the connection could make these replies up for a domain that we meet for the first
// time: that is what `required` is for. Never does absent here mean that a required recipient is
// written to in clear.
#include "keys/wkd_source.hpp"

#include "keys/domain.hpp"

#include <boost/asio/this_coro.hpp>

namespace postseal::keys {

namespace asio = boost::asio;

namespace {

constexpr int max_redirects = 3;
constexpr std::size_t max_answer = 256 * 1024; // octets; GnuPG's own limit
constexpr std::size_t max_seen = 10'000;       // domains

answer make_answer(outcome result, std::string reason) {
    answer made;
    made.result = result;
    made.reason = std::move(reason);
    return made;
}

} // namespace

wkd_source::wkd_source(https_get get, wkd_settings settings)
    : get_(std::move(get)), settings_(std::move(settings)) {}

asio::awaitable<answer> wkd_source::ask(smtp::mailbox address) {
    auto reserved = special_use_names::refuse;
    if (const auto domain = to_a_label(address.domain))
        if (is_configured(*domain) || is_configured("openpgpkey." + *domain))
            reserved = special_use_names::allow;
    const auto urls = make_wkd_urls(address, reserved);
    if (!urls) {
        auto none =
            make_answer(outcome::absent, "not looked up: " + std::string(to_string(urls.error())));
        none.asked_nobody = true;
        co_return none;
    }

    auto asked = fetch(*urls, urls->advanced, reserved);
    auto advanced = co_await std::move(asked);
    if (auto settled = settle(advanced, urls->domain)) {
        settled->host = wkd_host::advanced;
        co_return std::move(*settled);
    }

    auto reason = advanced.host + ' ' + advanced.reading.reason;
    const bool by_proxy = advanced.by_proxy;
    if (advanced.reading.what == wkd_reply::no_directory) {
        // An administrator who says where the host is means that it is there.
        if (is_configured(urls->advanced_host))
            co_return make_answer(outcome::temporary, std::move(reason));
        auto probed = every_name_resolves(urls->domain);
        const bool wildcard = co_await std::move(probed);
        if (!wildcard) co_return make_answer(outcome::temporary, std::move(reason));
        reason += ", as every name under the domain may";
    }
    auto asking = ask_direct(*urls, reserved, std::move(reason));
    auto said = co_await std::move(asking);
    if (by_proxy) said.brief = true;
    co_return said;
}

asio::awaitable<answer> wkd_source::ask_direct(wkd_urls urls, special_use_names reserved,
                                               std::string advanced_failed) {
    auto asked = fetch(urls, urls.direct, reserved);
    auto direct = co_await std::move(asked);
    if (auto settled = settle(direct, urls.domain)) {
        settled->host = wkd_host::direct;
        settled->reason = std::move(advanced_failed) + "; " + settled->reason;
        co_return std::move(*settled);
    }
    const bool seen = seen_.contains(urls.domain);
    auto reason = std::move(advanced_failed) + "; " + direct.host + ' ' + direct.reading.reason;
    if (seen) reason += "; it has served keys before";
    const auto result = seen ? outcome::temporary : outcome::absent;
    auto silent = make_answer(result, std::move(reason));
    silent.domain = domain_contact::unreachable;
    silent.brief = direct.by_proxy;
    co_return silent;
}

/// The rows of the table that are the same everywhere.
std::optional<answer> wkd_source::settle(attempt& done, const std::string& domain) {
    auto reason = done.host + ' ' + done.reading.reason;
    switch (done.reading.what) {
    case wkd_reply::keys: {
        note_directory(domain);
        auto found = make_answer(outcome::found, std::move(reason));
        found.material = std::move(done.body);
        found.domain = domain_contact::served;
        return found;
    }
    case wkd_reply::no_key: {
        auto absent = make_answer(outcome::absent, std::move(reason));
        absent.authoritative = true;
        return absent;
    }
    case wkd_reply::refused: return make_answer(outcome::absent, std::move(reason));
    case wkd_reply::too_much: return make_answer(outcome::unusable, std::move(reason));
    case wkd_reply::try_later: return make_answer(outcome::temporary, std::move(reason));
    case wkd_reply::moved: // fetch() has followed it
    case wkd_reply::no_address:
    case wkd_reply::behind_proxy:
    case wkd_reply::wrong_name:
    case wkd_reply::no_directory: break;
    }
    return std::nullopt;
}

/// One host's word, behind all its redirects.
asio::awaitable<wkd_source::attempt> wkd_source::fetch(wkd_urls urls, std::string url,
                                                       special_use_names reserved) {
    attempt done;
    done.host = url.substr(8, url.find('/', 8) - 8); // for people; it stays the first one
    for (int redirects = 0;; ++redirects) {
        auto asked = get(url);
        auto heard = co_await std::move(asked);
        done.reading = read_wkd_reply(heard);
        done.by_proxy = heard.status == https_status::proxy_failed;
        if (done.reading.what != wkd_reply::moved) {
            done.body = std::move(heard.body);
            // That another host does not exist says nothing about whether this one does.
            const bool elsewhere = redirects > 0 && (done.reading.what == wkd_reply::no_address ||
                                                     done.reading.what == wkd_reply::wrong_name ||
                                                     done.reading.what == wkd_reply::behind_proxy);
            if (elsewhere) done.reading.what = wkd_reply::no_directory;
            if (redirects > 0) done.reading.reason = "redirects to one that " + done.reading.reason;
            co_return done;
        }
        const auto next = follow_redirect(urls, url, heard.location, reserved);
        if (!next || redirects == max_redirects) {
            done.reading.what = wkd_reply::no_directory;
            done.reading.reason = next ? "redirects too often" : "redirects where we do not follow";
            co_return done;
        }
        url = *next;
    }
}

asio::awaitable<https_answer> wkd_source::get(std::string url) {
    https_request request;
    request.url = std::move(url);
    request.timeout = settings_.timeout;
    request.max_body = max_answer;
    request.proxy = settings_.proxy;
    auto asked = get_(std::move(request));
    co_return co_await std::move(asked);
}

/// Some answers prove nothing: that the name does not exist, and that nobody knows.
asio::awaitable<bool> wkd_source::every_name_resolves(std::string domain) {
    auto asked = get("https://no-such-host-fzq4x7." + domain + "/");
    const auto heard = co_await std::move(asked);
    switch (heard.status) {
    case https_status::no_such_host:
    case https_status::resolver_failed:
    case https_status::proxy_failed:
    case https_status::not_asked: co_return false;
    case https_status::answered:
    case https_status::unreachable:
    case https_status::forbidden_peer:
    case https_status::tls_failed:
    case https_status::tls_wrong_name:
    case https_status::timed_out:
    case https_status::body_too_large:
    case https_status::too_large: break;
    }
    co_return true;
}

bool wkd_source::is_configured(const std::string& host) const {
    return find_fixed_address(settings_.resolve, host, 443) != nullptr;
}

void wkd_source::note_directory(const std::string& domain) {
    if (seen_.size() >= max_seen && !seen_.contains(domain)) seen_.erase(seen_.begin());
    seen_.insert(domain);
}

} // namespace postseal::keys
