// SPDX-License-Identifier: Apache-2.0
#include "relay/delivery.hpp"

#include "smtp/command.hpp"
#include "smtp/parameters.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace postseal::relay {

namespace {

std::uint64_t declared_size(const smtp::envelope& envelope) {
    for (const auto& parameter : envelope.parameters) {
        if (parameter.keyword != "SIZE") continue;
        std::uint64_t octets = 0;
        const auto* const end = parameter.value.data() + parameter.value.size();
        if (std::from_chars(parameter.value.data(), end, octets).ec == std::errc()) return octets;
    }
    return UINT64_MAX; // nothing was promised
}

// One transaction from MAIL to the final dot. The first answer that is not positive ends it.
asio::awaitable<smtp::reply> send(next_hop& to, const smtp::envelope& envelope, parcel& sent) {
    const auto parameters = parameters_for(envelope, sent, to.offered());
    auto mail = to.ask(smtp::mail_line(envelope.sender, parameters));
    auto answer = co_await std::move(mail);
    if (!answer.positive()) co_return answer;
    for (const auto index : sent.group.recipients) {
        auto recipient = envelope.recipients[index];
        recipient.parameters = smtp::understood(recipient.parameters, to.offered());
        auto rcpt = to.ask(smtp::rcpt_line(recipient));
        answer = co_await std::move(rcpt);
        if (!answer.positive()) co_return answer;
    }
    auto data = to.send_message(sent.content.pieces());
    answer = co_await std::move(data);
    co_return answer;
}

} // namespace

std::vector<smtp::parameter> parameters_for(const smtp::envelope& envelope, const parcel& sent,
                                            const smtp::extensions& offered) {
    std::vector<smtp::parameter> parameters;
    for (const auto& parameter : smtp::understood(envelope.parameters, offered)) {
        if (parameter.keyword == "SIZE") continue;
        if (parameter.keyword == "BODY" && sent.group.treatment == policy::treatment::sealed) {
            continue;
        }
        parameters.push_back(parameter);
    }
    if (offered.size) parameters.push_back({"SIZE", std::to_string(sent.content.size())});
    return parameters;
}

bool fits_mirrored(const smtp::envelope& envelope, const std::vector<parcel>& parcels) {
    return parcels.size() == 1 &&
           parcels.front().group.recipients.size() == envelope.recipients.size() &&
           parcels.front().content.size() <= declared_size(envelope);
}

asio::awaitable<smtp::reply> deliver(next_hop& to, const smtp::envelope& envelope,
                                     std::vector<parcel>& parcels) {
    if (fits_mirrored(envelope, parcels)) {
        auto data = to.send_message(parcels.front().content.pieces());
        auto answer = co_await std::move(data);
        co_return answer;
    }
    smtp::reply first;
    for (auto& sent : parcels) {
        const bool committed = first.positive();
        auto reset = to.ask("RSET");
        auto answer = co_await std::move(reset);
        if (answer.positive()) {
            auto sending = send(to, envelope, sent);
            answer = co_await std::move(sending);
        }
        if (!answer.positive() && committed) {
            co_return smtp::make_reply(451, "4.3.0",
                                       "Some recipients have been served, others not (" +
                                           smtp::to_log(answer) + "); send the message again");
        }
        if (!answer.positive()) co_return answer;
        if (!committed) first = answer;
    }
    co_return first;
}

} // namespace postseal::relay
