// SPDX-License-Identifier: Apache-2.0
#include "relay/reception.hpp"

#include "relay/journal.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

smtp::reply no_room() {
    return smtp::make_reply(452, "4.3.1", "Not enough room for the message now; try again later");
}

// The next piece, however small, within what is left of the client's credit.
asio::awaitable<std::string_view> read_piece(connection& from, smtp::pace& pace) {
    using std::chrono::steady_clock;
    const auto start = steady_clock::now();
    const auto patience = std::chrono::ceil<std::chrono::seconds>(pace.credit());
    if (patience.count() <= 0) throw boost::system::system_error(make_error_code(too_slow));
    try {
        auto reading = from.read_some(patience);
        const auto arrived = co_await std::move(reading);
        pace.spend(steady_clock::now() - start);
        co_return arrived;
    } catch (const boost::system::system_error& e) {
        if (e.code() != asio::error::timed_out) throw;
    }
    throw boost::system::system_error(make_error_code(too_slow));
}

} // namespace

reception::reception(services& with, std::shared_ptr<const settings> current, smtp::framing framed,
                     smtp::newline_rule rule, std::string peer, message_buffer& into)
    : with_(with),
      current_(std::move(current)),
      peer_(std::move(peer)),
      into_(into),
      framing_(framed),
      intake_(framed, rule, current_->limits.message_size),
      pace_(pace_within(current_->limits)) {}

asio::awaitable<void> reception::receive_data(connection& from) {
    while (!ended_) {
        auto reading = read_piece(from, pace_);
        const auto arrived = co_await std::move(reading);
        const auto ours = take(arrived);
        from.consume(ours);
        pace_.earn(ours);
    }
}

asio::awaitable<smtp::reply> reception::receive_chunk(connection& from, std::uint64_t octets) {
    intake_.announce(octets);
    for (auto left = octets; left > 0;) {
        auto reading = read_piece(from, pace_);
        const auto arrived = co_await std::move(reading);
        const auto ours = arrived.substr(0, std::min<std::uint64_t>(left, arrived.size()));
        take(ours);
        from.consume(ours.size());
        pace_.earn(ours.size());
        left -= ours.size();
    }
    if (refusal()) co_return *refusal();
    co_return smtp::chunk_taken(octets);
}

smtp::reply reception::finish() {
    if (framing_ == smtp::framing::chunks) {
        piece_.clear();
        intake_.finish(piece_);
        keep();
    }
    piece_ = std::string(); // sealing and delivering can take a while
    if (refusal()) return *refusal();
    try {
        judge_header(into_.view()); // writes the last piece
    } catch (const std::system_error& e) {
        refuse_for_want_of_room(e.what());
    }
    if (refusal()) return *refusal();
    return smtp::make_reply(250, "2.0.0", "Ok");
}

// How much of it belongs to the message.
std::size_t reception::take(std::string_view arrived) {
    piece_.clear();
    const auto step = intake_.feed(arrived, piece_);
    ended_ = step.done;
    keep();
    return step.consumed;
}

void reception::keep() {
    if (refusal()) { // what comes is read on, and nothing of it is needed
        into_.discard();
        return;
    }
    try {
        into_.append(piece_);
    } catch (const std::system_error& e) {
        refuse_for_want_of_room(e.what());
    }
}

void reception::judge_header(std::string_view message) {
    const auto limit = current_->limits.header_size;
    if (message.size() > limit &&
        message.substr(0, limit).find("\r\n\r\n") == std::string_view::npos)
        refusal_ = smtp::too_large("header section", limit);
}

// The first one stays, as far as the client has heard of it.
const std::optional<smtp::reply>& reception::refusal() const {
    return refusal_ ? refusal_ : intake_.refusal();
}

void reception::refuse_for_want_of_room(const std::string& why) {
    with_.log.error("client=" + peer_ + " " + why);
    into_.discard();
    refusal_ = no_room();
}

asio::awaitable<void> skip_chunk(connection& from, std::uint64_t octets, smtp::pace pace) {
    for (auto left = octets; left > 0;) {
        auto reading = read_piece(from, pace);
        const auto arrived = co_await std::move(reading);
        const auto skipped = std::min<std::uint64_t>(left, arrived.size());
        from.consume(skipped);
        pace.earn(skipped);
        left -= skipped;
    }
}

smtp::pace pace_within(const limits& allowed) { return {allowed.data_rate, allowed.data_timeout}; }

} // namespace postseal::relay
