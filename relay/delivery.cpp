// SPDX-License-Identifier: Apache-2.0
#include "relay/delivery.hpp"

#include "smtp/parameters.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace postseal::relay {

namespace {

// The end of the connection is said once it is closed; a recipient's fate is that it was not
// served.
smtp::reply as_fate(smtp::reply answer) {
    if (answer.code == 421) answer.code = 451;
    return answer;
}

} // namespace

bool is_to_be_kept(const policy::delivery& group) {
    return group.treatment == policy::treatment::held || group.archive;
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

asio::awaitable<std::vector<smtp::reply>> deliver_each(next_hop& to, mirrored from,
                                                       std::vector<parcel>& parcels) {
    std::vector<smtp::reply> fates(from.envelope.recipients.size());
    if (fits_mirrored(from.envelope, parcels, to.offered())) {
        auto data = to.send_message(parcels.front().content.pieces(), from.client_waits);
        const auto answer = co_await std::move(data);
        fates.assign(fates.size(), answer);
    } else {
        for (auto& sent : parcels) {
            if (is_to_be_kept(sent.group)) continue;
            auto what = transaction_for(from, sent, to.offered());
            auto carrying = carry_out(to, std::move(what), on_refusal::others_go_on);
            auto end = co_await std::move(carrying);
            for (std::size_t i = 0; i < end.replies.size(); ++i)
                fates[sent.group.recipients[i]] = std::move(end.replies[i]);
        }
    }
    std::ranges::transform(fates, fates.begin(), as_fate);
    co_return fates;
}

} // namespace postseal::relay
