// SPDX-License-Identifier: Apache-2.0
// Asking, and sending messages. How the connection comes to stand is in next_hop_greeting.cpp.
#include "relay/next_hop.hpp"

#include "smtp/data_reader.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace postseal::relay {

namespace {

using namespace std::chrono_literals;

// RFC 5321 §4.5.3.2: how long a client waits for each answer.
constexpr auto command_patience = 5min;
constexpr auto data_patience = 2min;
constexpr auto block_patience = 3min;
constexpr auto final_dot_patience = 10min;

constexpr std::size_t block = 128 * 1024;

// A reply that nobody has asked for would be taken for the answer to what is said next: in the end
// for the acceptance of a message that was refused.
constexpr auto out_of_turn = "it replied out of turn";

// A server hangs up after minutes of silence, under load after ten seconds (Postfix); one that goes
// sooner has not been bored, and would do so again.
constexpr auto idle = 5s;

} // namespace

next_hop::next_hop(asio::any_io_executor executor, next_hop_settings where)
    : executor_(std::move(executor)), where_(std::move(where)) {}

asio::awaitable<smtp::reply> next_hop::greet(greeting kind, std::string name) {
    if (lost_) co_return lose("the connection was lost before");
    greeted_as_ = std::move(name);
    transaction_.clear(); // a hello ends it (RFC 5321 §4.1.4)
    std::string failure;
    try {
        if (kept_ && !connection_) {
            auto resuming = resume(kind);
            auto resumed = co_await std::move(resuming);
            if (resumed) co_return *resumed;
        }
        auto meeting = meet(kind);
        auto answer = co_await std::move(meeting);
        co_return answer;
    } catch (const std::exception& e) {
        failure = reason(e);
    }
    co_return lose(failure);
}

// Something has come that nobody has asked for, a goodbye most likely, or the end of the
// connection.
bool next_hop::has_hung_up_idle() {
    if (lost_ || !connection_) return false;
    if (std::chrono::steady_clock::now() - heard_ < idle) return false;
    return connection_->has_input() || connection_->peer_has_gone();
}

asio::awaitable<smtp::reply> next_hop::ask(std::string line) {
    if (line == "RSET") transaction_.clear(); // nobody need be told of what is to be forgotten
    if (has_hung_up_idle()) {
        if (bound_) co_return lose("it has hung up");
        auto calling = call_again();
        auto refusal = co_await std::move(calling);
        if (!refusal.positive()) co_return refusal;
    }
    auto conversing = converse(line);
    auto answer = co_await std::move(conversing);
    if (answer.positive() && line != "RSET") transaction_.push_back(std::move(line));
    co_return answer;
}

asio::awaitable<smtp::reply> next_hop::exchange(std::string line) {
    auto conversing = converse(std::move(line));
    auto answer = co_await std::move(conversing);
    challenged_ = answer.intermediate();
    co_return answer;
}

asio::awaitable<smtp::reply> next_hop::converse(std::string line) {
    if (lost_ || !connection_) co_return lose("not connected");
    if (connection_->has_input()) co_return lose(out_of_turn);
    std::string failure;
    try {
        connection_->queue(line + "\r\n");
        auto reading = read_reply(command_patience, deadlines_.command);
        auto answer = co_await std::move(reading);
        co_return answer;
    } catch (const std::exception& e) {
        failure = reason(e);
    }
    co_return lose(failure);
}

asio::awaitable<smtp::reply> next_hop::forward(std::vector<smtp::parameter> xforward) {
    auto answer = smtp::make_reply(250, "2.0.0", "Ok");
    const auto lines = smtp::xforward_lines(xforward, offered_.xforward);
    for (const auto& line : lines) {
        auto asked = ask(line);
        answer = co_await std::move(asked);
        if (!answer.positive()) break;
    }
    co_return answer;
}

asio::awaitable<smtp::reply> next_hop::send_message(std::vector<std::string_view> pieces,
                                                    question still_wanted) {
    if (has_hung_up_idle()) {
        if (bound_) co_return refuse_for_want_of_user();
        auto calling = call_again();
        auto refusal = co_await std::move(calling);
        if (!refusal.positive()) co_return refusal;
    }
    transaction_.clear(); // over with the next answer, whatever it is
    if (lost_ || !connection_) co_return lose("not connected");
    if (connection_->has_input()) co_return lose(out_of_turn);
    std::string failure;
    try {
        connection_->queue("DATA\r\n");
        auto go_ahead_read = read_reply(data_patience, deadlines_.command);
        auto go_ahead = co_await std::move(go_ahead_read);
        // A 2xx would be nonsense, and must never look like an accepted message.
        if (go_ahead.positive()) co_return lose("answered DATA with " + smtp::to_log(go_ahead));
        if (!go_ahead.intermediate()) co_return go_ahead;
        if (connection_->has_input()) co_return lose(out_of_turn);
        auto writing = write_message(std::move(pieces), std::move(still_wanted));
        const auto end = co_await std::move(writing);
        if (end == written::unwanted) {
            close();
            co_return smtp::make_reply(451, "4.4.2",
                                       "Nobody waits for this message any more; nothing was sent");
        }
        auto answer_read = read_reply(final_dot_patience, deadlines_.message);
        auto answer = co_await std::move(answer_read);
        if (answer.intermediate()) co_return lose("answered the message with a go-ahead");
        if (end == written::to_the_end) {
            ++messages_;
            settled_ = answer.positive();
            co_return answer;
        }
        // Only a refusal makes sense before the final dot, which has not been sent.
        if (answer.positive()) co_return lose(out_of_turn);
        close();
        co_return answer;
    } catch (const std::exception& e) {
        failure = reason(e);
    }
    co_return lose(failure);
}

// Stops where the next hop already speaks: what it says then is not the answer to the final dot.
asio::awaitable<next_hop::written> next_hop::write_message(std::vector<std::string_view> pieces,
                                                           question still_wanted) {
    smtp::data_writer stuffing;
    std::string wire;
    for (auto piece : pieces) {
        while (!piece.empty()) {
            const auto part = piece.substr(0, block);
            piece.remove_prefix(part.size());
            stuffing.write(part, wire);
            if (wire.size() < block) continue;
            if (connection_->has_input()) co_return written::interrupted;
            co_await connection_->write(wire, within(block_patience, deadlines_.message));
            wire.clear();
        }
    }
    if (still_wanted && !still_wanted()) co_return written::unwanted;
    stuffing.finish(wire);
    if (connection_->has_input()) co_return written::interrupted;
    co_await connection_->write(wire, within(block_patience, deadlines_.message));
    co_return written::to_the_end;
}

// What is left of it until then; whole seconds are enough.
std::chrono::seconds next_hop::within(std::chrono::seconds patience,
                                      const std::optional<deadlines::time>& end) {
    if (!end) return patience;
    const auto left = *end - std::chrono::steady_clock::now();
    if (left <= 0s) throw boost::system::system_error(asio::error::timed_out);
    return std::min(patience, std::chrono::ceil<std::chrono::seconds>(left));
}

asio::awaitable<smtp::reply> next_hop::read_reply(std::chrono::seconds patience,
                                                  std::optional<deadlines::time> end) {
    smtp::reply_reader reader;
    settled_ = false;
    // For the reply as a whole: a server that drips its lines gets no more.
    const auto own_end = std::chrono::steady_clock::now() + patience;
    end = std::min(end.value_or(own_end), own_end);
    for (;;) {
        auto reading = connection_->read_line(smtp::reply_reader::max_line, within(patience, end));
        const auto line = co_await std::move(reading);
        // A bare LF is let pass here: old servers write it, and it cannot reach the client.
        const auto state = line.end == connection::line_end::too_long
                               ? smtp::reply_reader::state::malformed
                               : reader.on_line(line.text);
        switch (state) {
        case smtp::reply_reader::state::more: continue;
        case smtp::reply_reader::state::complete: {
            auto answer = reader.take();
            heard_ = std::chrono::steady_clock::now();
            if (answer.transient_failure() || answer.permanent_failure()) refused_ = true;
            if (answer.code == 421) { // RFC 5321 §3.8: it closes, whatever it said before
                lost_ = true;
                connection_->close();
            }
            co_return answer;
        }
        case smtp::reply_reader::state::malformed:
            co_return lose("sent something that is no SMTP reply");
        }
    }
}

// What opportunistic TLS has not had, it may have on the next try.
bool next_hop::is_as_good_as_new() const {
    return settled_ && !refused_ && !lost_ && !bound_ && !challenged_ &&
           client_.proxy_header.empty() && !client_.client &&
           (where_.tls == hop_tls::none || connection_->encrypted());
}

void next_hop::leave() {
    if (!kept_ || !connection_ || !is_as_good_as_new()) return;
    kept_->keep({std::move(connection_), since_, messages_});
    close();
}

void next_hop::quit() {
    if (!connection_ || lost_) return;
    // In the middle of AUTH, QUIT is base64 too: a wrong password, counted as one.
    if (!challenged_) connection_->close_with("QUIT\r\n");
    close();
}

void next_hop::close() {
    if (connection_) connection_->close();
    lost_ = true;
}

smtp::reply next_hop::refuse_for_want_of_user() {
    close();
    return smtp::make_reply(451, "4.4.2",
                            "The mail server behind this relay has hung up while the message was "
                            "on its way; log in and send it again");
}

// For the client and the log; what() of a system_error names source files of ours.
std::string next_hop::reason(const std::exception& thrown) {
    const auto* const failed = dynamic_cast<const boost::system::system_error*>(&thrown);
    return failed == nullptr ? thrown.what() : failed->code().message();
}

smtp::reply next_hop::lose(const std::string& why) {
    close();
    return smtp::make_reply(421, "4.4.2",
                            "The mail server behind this relay (" + where_.address.host + ":" +
                                std::to_string(where_.address.port) +
                                ") cannot be used now: " + why + "; try again later");
}

} // namespace postseal::relay
