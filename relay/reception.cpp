// SPDX-License-Identifier: Apache-2.0
#include "relay/reception.hpp"

#include "relay/journal.hpp"

#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

smtp::newline_rule for_reader(bare_newline rule) {
    switch (rule) {
    case bare_newline::normalise: return smtp::newline_rule::normalise;
    case bare_newline::reject: break;
    }
    return smtp::newline_rule::reject;
}

smtp::reply no_room() {
    return smtp::make_reply(452, "4.3.1", "Not enough room for the message now; try again later");
}

smtp::reply too_large(const std::string& what, std::uint64_t limit) {
    return smtp::make_reply(552, "5.3.4",
                            "The " + what + " is larger than " + std::to_string(limit) +
                                " octets, the limit here");
}

} // namespace

reception::reception(services& with, std::shared_ptr<const settings> current, bare_newline rule,
                     std::string peer, message_buffer& into)
    : with_(with),
      current_(std::move(current)),
      rule_(rule),
      peer_(std::move(peer)),
      into_(into),
      reader_(for_reader(rule)),
      verdict_(smtp::make_reply(250, "2.0.0", "Ok")) {}

asio::awaitable<smtp::reply> reception::receive_data(connection& from) {
    std::string piece;
    for (bool done = false; !done;) {
        auto reading = from.read_some(current_->limits.data_timeout);
        const auto arrived = co_await std::move(reading);
        piece.clear();
        const auto step = reader_.feed(arrived, piece);
        from.consume(step.consumed);
        done = step.done;
        keep(piece);
    }
    co_return judge();
}

// What is refused already is read and thrown away.
void reception::keep(std::string_view piece) {
    if (!verdict_.positive()) return;
    const auto limit = current_->limits.message_size;
    if (limit != 0 && into_.size() + piece.size() > limit) {
        into_.discard();
        verdict_ = too_large("message", limit);
        return;
    }
    try {
        into_.append(piece);
    } catch (const std::system_error& e) {
        refuse_for_want_of_room(e.what());
    }
}

smtp::reply reception::judge() {
    if (!verdict_.positive()) return verdict_;
    if (reader_.saw_nul()) {
        return smtp::make_reply(550, "5.6.0",
                                "The message contains NUL octets, which mail "
                                "cannot carry (RFC 5321 section 4.5.2)");
    }
    if (reader_.saw_bare_newline() && rule_ == bare_newline::reject) {
        return smtp::make_reply(550, "5.6.0",
                                "The message contains a CR or LF that is not part of CR LF; "
                                "the sending program has to be mended (RFC 5321 section 2.3.8)");
    }
    std::string_view bytes;
    try {
        bytes = into_.view(); // writes the last piece
    } catch (const std::system_error& e) {
        refuse_for_want_of_room(e.what());
    }
    const auto limit = current_->limits.header_size;
    if (bytes.size() > limit && bytes.substr(0, limit).find("\r\n\r\n") == std::string_view::npos) {
        return too_large("header section", limit);
    }
    return verdict_;
}

void reception::refuse_for_want_of_room(const std::string& why) {
    with_.log.error("client=" + peer_ + " " + why);
    into_.discard();
    verdict_ = no_room();
}

} // namespace postseal::relay
