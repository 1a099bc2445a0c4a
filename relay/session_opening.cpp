// SPDX-License-Identifier: Apache-2.0
// What comes before the greeting: who it is, whether they may, and TLS where it comes first.
#include "relay/session.hpp"

#include "relay/client_introduction.hpp"
#include "relay/journal.hpp"
#include "smtp/ip_network.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace postseal::relay {

namespace {

bool comes_from_balancer(const listener_settings& on, const smtp::ip_address& peer) {
    return std::ranges::any_of(
        on.balancers, [&peer](const auto& network) { return smtp::contains(network, peer); });
}

} // namespace

asio::awaitable<void> session::open() {
    if (comes_from_balancer(on_, seen_.source.address)) {
        auto reading = read_proxy_header();
        co_await std::move(reading);
    }
    if (is_one_too_many()) { // before it may cost a handshake
        with_.log.warning("client=" + peer_ + " turned away: limits.sessions_per_client reached");
        auto refusing = refuse(smtp::make_reply(
            421, "4.7.0", "Too many connections from this address; try again later"));
        co_await std::move(refusing);
        co_return;
    }
    next_hop_.introduce(nameless_ ? introduce_stranger(on_) : relay::introduce(on_, seen_));
    if (on_.tls == tls_start::at_once) {
        auto accepting = client_.accept_tls(on_.certificates, handshake_patience);
        co_await std::move(accepting);
    }
    if (may_ == admission::turned_away) {
        auto refusing = refuse(smtp::make_reply(
            421, "4.3.2",
            "The mail server behind this relay has not shown yet that it refuses to relay for "
            "strangers; try again later"));
        co_await std::move(refusing);
    } else if (client_.has_input()) {
        // No mail program does that (RFC 5321 §3.1). What sends blindly may be a web page's
        // request, or a robot that does not listen to answers.
        with_.log.info("client=" + peer_ + " turned away: it spoke before the greeting");
        auto refusing = refuse(smtp::make_reply(
            554, "5.5.0", "Wait for the greeting before you speak (RFC 5321 section 3.1)"));
        co_await std::move(refusing);
    }
}

// At a front listener. A filter's clients are mail servers, which come from one address with the
// mail of all their users; so do the health checks of a balancer.
bool session::is_one_too_many() const {
    const auto limit = current_->limits.sessions_per_client;
    if (limit == 0 || on_.place != place::front || comes_from_balancer(on_, client_host()))
        return false;
    return among_.count_of(client_host()) > limit; // this one is among them
}

asio::awaitable<void> session::refuse(smtp::reply answer) {
    say(answer);
    finished_ = true;
    co_await client_.flush(last_words);
}

// A balancer that says nothing of its client speaks for itself (a health check), or does not know
// for whom. Either gets no rights that the mail server may give to the balancer's own address: for
// the mail server it is a stranger. A client who says who they are, without being a balancer, is
// not asked (RFC: proxy-protocol.txt §2).
asio::awaitable<void> session::read_proxy_header() {
    smtp::proxy_header_reader reader;
    for (;;) {
        auto reading = client_.read_some(reader.wanted(), handshake_patience);
        const auto arrived = co_await std::move(reading);
        const auto step = reader.feed(arrived);
        if (const auto* wrong = std::get_if<smtp::proxy_step::malformed>(&step)) {
            throw std::runtime_error("a balancer sent no PROXY header: " + std::string(wrong->why));
        }
        if (const auto* done = std::get_if<smtp::proxy_step::complete>(&step)) {
            client_.consume(done->consumed);
            nameless_ = !done->client;
            if (done->client) seen_ = *done->client;
            peer_ = smtp::to_string(seen_.source.address);
            co_return;
        }
        client_.consume(arrived.size());
    }
}

} // namespace postseal::relay
