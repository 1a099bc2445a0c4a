// SPDX-License-Identifier: Apache-2.0
#include "relay/delivery.hpp"

#include "smtp/parameters.hpp"

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

// The end of the connection is said once it is closed; a recipient's fate is that it was not
// served.
smtp::reply as_fate(smtp::reply answer) {
    if (answer.code == 421) answer.code = 451;
    return answer;
}

// Others have been served by now: a file that fails here is no reason to tell them otherwise.
asio::awaitable<void> carry_one(next_hop& to, mirrored from, parcel& sent, separate_ends& ends) {
    transaction_end end;
    try {
        auto what = transaction_for(from, sent, to.offered());
        auto carrying = carry_out(to, std::move(what), on_refusal::others_go_on);
        end = co_await std::move(carrying);
    } catch (const std::system_error& e) {
        ends.failed = e.what();
        end.replies.assign(sent.group.recipients.size(), no_room_to_work());
    }
    ends.lost_in_message = ends.lost_in_message || end.lost_in_message;
    for (std::size_t i = 0; i < end.replies.size(); ++i)
        ends.replies[sent.group.recipients[i]] = std::move(end.replies[i]);
}

} // namespace

smtp::reply no_room_to_work() {
    return smtp::make_reply(452, "4.3.1",
                            "Not enough room to work on the message; try again later");
}

bool is_to_be_kept(const policy::delivery& group) {
    return group.treatment == policy::treatment::held || group.archive;
}

std::optional<smtp::reply> refuse_to_keep(const std::vector<smtp::parameter>& parameters,
                                          const std::vector<parcel>& parcels,
                                          const next_hop_settings& later) {
    const bool is_kept =
        std::ranges::any_of(parcels, [](const parcel& one) { return is_to_be_kept(one.group); });
    if (!is_kept || later.tls == hop_tls::verified) return std::nullopt;
    if (smtp::find_parameter(parameters, "REQUIRETLS") == nullptr) return std::nullopt;
    return smtp::make_reply(550, "5.7.30",
                            "REQUIRETLS is asked for, and a copy of this message would have to "
                            "wait for a server that is reached without it");
}

bool fits_mirrored(const smtp::envelope& envelope, const std::vector<parcel>& parcels,
                   const smtp::extensions& offered) {
    if (parcels.size() != 1) return false;
    const auto& only = parcels.front();
    if (is_to_be_kept(only.group)) return false;
    if (only.group.recipients.size() != envelope.recipients.size()) return false;
    const auto declared = smtp::declared_size(envelope.parameters);
    if (!offered.size || !declared) return true;
    const auto size = only.content.size();
    return size <= only.came || size <= *declared;
}

mail_transaction transaction_for(const mirrored& from, parcel& sent,
                                 const smtp::extensions& offered) {
    if (is_to_be_kept(sent.group)) throw std::logic_error("this copy is for the spool alone");
    mail_transaction what;
    what.sender = from.envelope.sender;
    const auto lines = sent.group.treatment == policy::treatment::sealed
                           ? content_lines::seven_bit
                           : content_lines::as_they_came;
    what.parameters = parameters_for(from.envelope.parameters, lines, sent.content.size(), offered);
    what.xforward = from.xforward;
    for (const auto index : sent.group.recipients)
        what.recipients.push_back(from.envelope.recipients[index]);
    what.pieces = sent.content.pieces();
    what.still_wanted = from.client_waits;
    return what;
}

asio::awaitable<smtp::reply> deliver_whole(next_hop& to, mirrored from,
                                           std::vector<parcel>& parcels) {
    auto& only = parcels.front();
    if (fits_mirrored(from.envelope, parcels, to.offered())) {
        auto sending = to.send_message(only.content.pieces(), from.client_waits);
        auto answer = co_await std::move(sending);
        co_return answer;
    }
    auto what = transaction_for(from, only, to.offered());
    auto carrying = carry_out(to, std::move(what), on_refusal::ends_for_all);
    auto end = co_await std::move(carrying);
    co_return end.replies.front();
}

asio::awaitable<separate_ends> deliver_each(next_hop& to, mirrored from,
                                            std::vector<parcel>& parcels) {
    separate_ends ends{std::vector<smtp::reply>(from.envelope.recipients.size())};
    if (fits_mirrored(from.envelope, parcels, to.offered())) {
        const bool stood = !to.lost();
        auto data = to.send_message(parcels.front().content.pieces(), from.client_waits);
        const auto answer = co_await std::move(data);
        ends.lost_in_message = stood && to.lost() && !answer.positive();
        ends.replies.assign(ends.replies.size(), answer);
    } else {
        for (auto& sent : parcels) {
            if (is_to_be_kept(sent.group)) continue;
            auto carrying = carry_one(to, from, sent, ends);
            co_await std::move(carrying);
        }
    }
    std::ranges::transform(ends.replies, ends.replies.begin(), as_fate);
    co_return ends;
}

} // namespace postseal::relay
