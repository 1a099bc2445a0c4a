// SPDX-License-Identifier: Apache-2.0
#include "relay/session.hpp"

#include "keys/finder.hpp"
#include "keys/socket_address.hpp"
#include "policy/plan.hpp"
#include "relay/journal.hpp"
#include "relay/listener_change.hpp"
#include "relay/origin.hpp"
#include "relay/policy_view.hpp"
#include "relay/reception.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace postseal::relay {

namespace {

constexpr int goodbye = 221; // the answer to QUIT

bool is_trusted(const listener_settings& on, const smtp::ip_address& peer) {
    return on.place == place::filter &&
           std::any_of(on.trusted.begin(), on.trusted.end(),
                       [&peer](const auto& network) { return smtp::contains(network, peer); });
}

// Policy has to know which domain it is.
bool has_a_name(const std::optional<smtp::mailbox>& address) {
    return !address || for_policy(*address);
}

smtp::reply no_name(std::string enhanced) {
    return smtp::make_reply(553, std::move(enhanced),
                            "The domain is not a valid internationalised name (RFC 5891)");
}

smtp::reply silent() {
    return smtp::make_reply(421, "4.4.2", "Silent for too long; closing the connection");
}

smtp::reply dragging() {
    return smtp::make_reply(421, "4.4.2",
                            "The message comes too slowly or has stopped; closing the connection");
}

asio::awaitable<smtp::reply> answer_with(smtp::reply ours) { co_return ours; }

smtp::tls_state tls_rule(const listener_settings& on) {
    switch (on.tls) {
    case tls_start::never: return smtp::tls_state::absent;
    case tls_start::on_request:
        return on.tls_required ? smtp::tls_state::required : smtp::tls_state::offered;
    case tls_start::at_once: return smtp::tls_state::active;
    }
    return smtp::tls_state::absent;
}

// Only a front's next hop is told where the client has come to.
smtp::proxied_connection ends_of(const asio::ip::tcp::socket& client,
                                 const asio::ip::tcp::endpoint& from, const listener_settings& on) {
    smtp::proxied_connection ends;
    ends.source = {keys::to_ip_address(from.address()), from.port()};
    if (on.place == place::filter) return ends;
    boost::system::error_code gone; // then nothing of it is served
    const auto near = client.local_endpoint(gone);
    ends.destination = {keys::to_ip_address(near.address()), near.port()};
    return ends;
}

smtp::dialogue_settings rules_for(const settings& current, const listener_settings& on,
                                  const smtp::ip_address& peer) {
    return {.hostname = current.hostname,
            .protocol = on.protocol,
            .tls = tls_rule(on),
            .login = on.login,
            .marks = on.routing_marks,
            .trust =
                is_trusted(on, peer) ? smtp::client_trust::trusted : smtp::client_trust::stranger,
            .message_size = current.limits.message_size,
            .recipients = current.limits.recipients,
            .errors = current.limits.errors};
}

} // namespace

session::session(services& with, std::shared_ptr<const settings> current,
                 const listener_settings& on, asio::ip::tcp::socket client,
                 asio::ip::tcp::endpoint from, admission may, const open_sessions& among,
                 std::shared_ptr<kept_connections> kept)
    : with_(with),
      opened_with_(std::move(current)),
      current_(opened_with_),
      on_(on),
      may_(may),
      among_(among),
      seen_(ends_of(client, from, on)),
      peer_(smtp::to_string(seen_.source.address)),
      dialogue_(rules_for(*current_, on, seen_.source.address)),
      next_hop_(client.get_executor(), on.next_hop),
      client_(std::move(client)) {
    next_hop_.share(std::move(kept));
}

asio::awaitable<void> session::run() {
    try {
        co_await open();
        if (!finished_) co_await converse();
    } catch (...) {
        // The next hop's transaction dies with the connection: nothing is delivered by halves.
        next_hop_.close();
        client_.close();
        throw;
    }
    next_hop_.quit();
    client_.close();
}

asio::awaitable<void> session::converse() {
    say(dialogue_.greeting());
    while (!finished_) {
        if (draining_ && !dialogue_.in_transaction()) {
            say(smtp::make_reply(421, "4.3.2", "The service is shutting down; try again soon"));
            break;
        }
        try {
            // What was said is out before a stop may interrupt the wait.
            co_await client_.flush(current_->limits.command_timeout);
            if (draining_ && !dialogue_.in_transaction()) continue; // it came meanwhile
            waiting_ = !dialogue_.in_transaction();
            auto reading =
                client_.read_line(dialogue_.line_limit(), current_->limits.command_timeout);
            const auto line = co_await std::move(reading);
            waiting_ = false;
            auto next = decide(line);
            co_await perform(std::move(next));
            continue;
        } catch (const boost::system::system_error& e) {
            // Only the client's connection throws: the next hop's failures are replies.
            const bool late = e.code() == asio::error::timed_out || e.code() == too_slow;
            const bool interrupted = draining_ && std::exchange(waiting_, false);
            if (!late && !interrupted) throw;
            if (!late) continue;
            with_.log.info("client=" + peer_ + " session ended: " + e.code().message());
            say(e.code() == too_slow ? dragging() : silent());
        }
        break;
    }
    if (said_goodbye_) next_hop_.leave(); // before it can come again
    co_await client_.finish(last_words);
}

smtp::next_action session::decide(const connection::line& line) {
    switch (line.end) {
    case connection::line_end::too_long: return dialogue_.on_line_too_long(line.text);
    case connection::line_end::bare_lf:
        if (on_.bare_newline == smtp::newline_rule::normalise) break;
        return dialogue_.on_bare_newline(line.text);
    case connection::line_end::crlf: break;
    }
    return dialogue_.on_line(line.text);
}

// One action of the dialogue, and the next hop's answer back to it.
asio::awaitable<void> session::perform(smtp::next_action what) {
    namespace action = smtp::action;
    if (const auto* go = std::get_if<action::say>(&what)) {
        say(go->answer);
    } else if (const auto* last = std::get_if<action::say_and_close>(&what)) {
        say(last->answer);
        said_goodbye_ = last->answer.code == goodbye;
        finished_ = true;
    } else if (const auto* hello = std::get_if<action::greet_next_hop>(&what)) {
        auto answering_hello = answer_hello(hello->extended, hello->domain);
        co_await std::move(answering_hello);
    } else if (const auto* mail = std::get_if<action::forward_mail>(&what)) {
        if (!follow_reload()) {
            say(smtp::make_reply(421, "4.3.2", "The configuration has changed; connect again"));
            finished_ = true;
            co_return;
        }
        auto asking = has_a_name(mail->what.sender)
                          ? ask_next_hop(smtp::mail_line(mail->what.sender, mail->what.parameters))
                          : answer_with(no_name("5.1.7"));
        const auto answer = co_await std::move(asking);
        say(dialogue_.on_mail(answer));
    } else if (const auto* rcpt = std::get_if<action::forward_rcpt>(&what)) {
        auto asking = has_a_name(rcpt->what.to.address)
                          ? ask_next_hop(smtp::rcpt_line(rcpt->what.to))
                          : answer_with(no_name("5.1.3"));
        const auto answer = co_await std::move(asking);
        say(dialogue_.on_rcpt(answer));
        warm(answer);
    } else if (std::holds_alternative<action::forward_rset>(what)) {
        auto asking = ask_next_hop("RSET");
        const auto answer = co_await std::move(asking);
        say(dialogue_.on_rset(answer));
    } else if (const auto* xforward = std::get_if<action::forward_xforward>(&what)) {
        auto asking = next_hop_.forward(xforward->what.attributes);
        const auto answer = co_await std::move(asking);
        say(dialogue_.on_xforward(answer));
    } else if (const auto* data = std::get_if<action::collect_data>(&what)) {
        co_await collect_data(data->go_ahead);
    } else if (const auto* chunk = std::get_if<action::collect_chunk>(&what)) {
        auto collecting = collect_chunk(*chunk);
        co_await std::move(collecting);
    } else if (const auto* skip = std::get_if<action::skip_chunk>(&what)) {
        auto skipping = skip_chunk(client_, skip->octets, pace_within(current_->limits));
        co_await std::move(skipping);
        say(skip->answer);
    } else if (const auto* tls = std::get_if<action::start_tls>(&what)) {
        co_await start_tls(tls->go_ahead);
    } else if (const auto* login = std::get_if<action::authenticate>(&what)) {
        co_await log_in(login->what);
    }
    if (!dialogue_.in_transaction()) incoming_.reset();
    if (dialogue_.finished()) finished_ = true;
}

// Behind a front, the mail server has always heard its clients' own names, and may judge them.
asio::awaitable<void> session::answer_hello(bool extended, std::string domain) {
    const auto kind = extended ? next_hop::greeting::ehlo : next_hop::greeting::helo;
    if (on_.place == place::filter) domain = current_->hostname;
    auto greeting = next_hop_.greet(kind, std::move(domain));
    const auto answer = co_await std::move(greeting);
    if (answer.positive()) {
        say(dialogue_.on_extensions(next_hop_.offered()));
    } else {
        with_.log.warning("client=" + peer_ + " next hop: " + smtp::to_log(answer));
        say(dialogue_.on_refused(answer));
    }
}

asio::awaitable<smtp::reply> session::ask_next_hop(std::string line) {
    auto asking = next_hop_.ask(std::move(line));
    auto answer = co_await std::move(asking);
    if (next_hop_.lost()) {
        with_.log.warning("client=" + peer_ + " next hop: " + smtp::to_log(answer));
    }
    co_return answer;
}

// A recipient that the next hop takes is looked up while the client still sends.
void session::warm(const smtp::reply& answer) {
    if (!answer.positive()) return;
    const auto envelope = for_policy(dialogue_.current());
    const auto& address = envelope.recipients.back().address;
    const auto origin = origin_of(on_, seen_.source.address, dialogue_);
    if (!policy::key_matters(current_->policy, origin, envelope, nullptr, address)) return;
    with_.finder.prefetch(address, policy::key_owner(current_->policy, address));
}

// The policy of the moment is none for a listener of before.
bool session::follow_reload() {
    if (current_ == with_.current) return true;
    const auto is_ours = [&](const listener_settings& one) { return serves_alike(one, on_); };
    if (std::ranges::none_of(with_.current->listeners, is_ours)) return false;
    current_ = with_.current;
    return true;
}

void session::say(const smtp::reply& answer) {
    client_.queue(smtp::to_wire(answer, dialogue_.codes()));
}

std::string session::client_address() const {
    for (const auto& attribute : dialogue_.forwarded()) {
        if (attribute.keyword == "ADDR") return printable(attribute.value);
    }
    return peer_;
}

void session::drain() {
    draining_ = true;
    if (waiting_) client_.cancel();
}

void session::abandon() {
    client_.close();
    next_hop_.close();
}

} // namespace postseal::relay
