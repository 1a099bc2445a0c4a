// SPDX-License-Identifier: Apache-2.0
// A message within a session: how it comes, by DATA or in chunks, and what the client hears of it.
#include "relay/session.hpp"

#include "relay/journal.hpp"
#include "relay/origin.hpp"
#include "relay/randomness.hpp"

#include <algorithm>
#include <utility>

namespace postseal::relay {

void session::begin_message(smtp::framing framed) {
    follow_reload(); // or it goes on as it began
    const bool lmtp = on_.protocol == smtp::protocol::lmtp;
    submission sent{.id = random_id(),
                    .client = client_address(),
                    .protocol = lmtp                   ? "LMTP"
                                : dialogue_.extended() ? "ESMTP"
                                                       : "SMTP",
                    .answers = lmtp ? policy::answering::each_recipient : policy::answering::as_one,
                    .received = on_.received,
                    .origin = origin_of(on_, seen_.source.address, dialogue_),
                    .envelope = dialogue_.current(),
                    .xforward = dialogue_.forwarded(),
                    .message = {current_->spool, current_->limits.message_memory},
                    .client_waits = [this] { return !client_.peer_has_gone(); }};
    incoming_ = std::make_unique<incoming_message>(std::move(sent), with_, current_, framed,
                                                   on_.bare_newline, peer_);
}

asio::awaitable<void> session::collect_data(smtp::reply go_ahead) {
    say(go_ahead);
    begin_message(smtp::framing::dots);
    co_await incoming_->taking.receive_data(client_);
    co_await complete_message();
}

asio::awaitable<void> session::collect_chunk(smtp::action::collect_chunk chunk) {
    if (!incoming_) begin_message(smtp::framing::chunks);
    auto receiving = incoming_->taking.receive_chunk(client_, chunk.octets);
    const auto answer = co_await std::move(receiving);
    if (chunk.last) {
        co_await complete_message();
    } else {
        client_.shrink();
        say(answer);
    }
}

asio::awaitable<void> session::complete_message() {
    auto& sent = incoming_->sent;
    sent.complete_at = std::chrono::steady_clock::now();
    const auto answer = incoming_->taking.finish();
    client_.shrink();
    const bool each = sent.answers == policy::answering::each_recipient;
    std::vector<smtp::reply> answers(each ? sent.envelope.recipients.size() : 1, answer);
    if (answer.positive()) {
        auto completing = complete(with_, current_, sent, next_hop_);
        answers = co_await std::move(completing);
    } else {
        journal::record record;
        record.id = sent.id;
        record.client = sent.client;
        record.envelope = &sent.envelope;
        record.answer = &answer;
        with_.log.message(record);
    }
    dialogue_.on_data_done();
    for (const auto& one : answers)
        say(one);
    const bool refused = std::ranges::any_of(answers, [](const auto& a) { return !a.positive(); });
    const bool open = refused || next_hop_.in_transaction(); // as far as anybody knows
    if (open && !next_hop_.lost()) {
        // Who waits for a 250 until a silent server has answered RSET as well may give up before,
        // and send again what has been delivered.
        if (!refused) co_await client_.flush(current_->limits.command_timeout);
        auto resetting = next_hop_.ask("RSET");
        const auto reset = co_await std::move(resetting);
        if (!reset.positive()) next_hop_.close(); // nobody knows what it would take for its next
    }
    if (answers.front().code == 421 || next_hop_.lost()) finished_ = true;
}

} // namespace postseal::relay
