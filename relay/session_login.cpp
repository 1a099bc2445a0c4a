// SPDX-License-Identifier: Apache-2.0
// STARTTLS and AUTH: the parts of a session in which the client speaks something else than
// commands. What is said in AUTH are credentials: nothing here logs a line.
#include "relay/session.hpp"

#include "relay/journal.hpp"

#include <boost/system/system_error.hpp>

#include <chrono>
#include <utility>
#include <variant>

namespace postseal::relay {

asio::awaitable<void> session::start_tls(smtp::reply go_ahead) {
    say(go_ahead);
    auto accepting = client_.accept_tls(on_.certificates, handshake_patience);
    co_await std::move(accepting);
    dialogue_.on_tls();
}

// The exchange is the next hop's and the client's; each line is checked on its way.
asio::awaitable<void> session::log_in(smtp::auth what) {
    smtp::auth_exchange exchange(std::move(what));
    smtp::auth_next next = smtp::auth_step::tell_next_hop{exchange.first_line()};
    for (;;) {
        if (auto* const tell = std::get_if<smtp::auth_step::tell_next_hop>(&next)) {
            auto asking = next_hop_.exchange(std::move(tell->line));
            const auto answer = co_await std::move(asking);
            next = exchange.on_next_hop(answer);
        } else if (auto* const ask = std::get_if<smtp::auth_step::ask_client>(&next)) {
            auto asking = ask_client(exchange, std::move(ask->challenge));
            next = co_await std::move(asking);
        } else {
            break;
        }
    }
    const auto& answer = std::get<smtp::auth_step::finish>(next).answer;
    const auto heard = dialogue_.on_auth(answer, exchange.name());
    if (dialogue_.authenticated()) next_hop_.bind_to_user();
    with_.log.info("listener=" + on_.name + " client=" + peer_ +
                   " login=" + relay::quoted(printable(exchange.name().value_or(""))) +
                   " reply=" + std::to_string(heard.code)); // its text could quote what was said
    say(heard);
}

asio::awaitable<smtp::auth_next> session::ask_client(smtp::auth_exchange& exchange,
                                                     smtp::reply challenge) {
    say(challenge);
    auto reading = client_.read_line(smtp::max_auth_line, current_->limits.command_timeout);
    const auto line = co_await std::move(reading);
    switch (line.end) {
    case connection::line_end::too_long: co_return exchange.on_client_line_too_long();
    case connection::line_end::bare_lf:
        if (on_.bare_newline == smtp::newline_rule::reject)
            co_return exchange.on_client_bare_newline();
        break;
    case connection::line_end::crlf: break;
    }
    co_return exchange.on_client(line.text);
}

} // namespace postseal::relay
