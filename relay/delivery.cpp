// SPDX-License-Identifier: Apache-2.0
#include "relay/delivery.hpp"

#include "smtp/command.hpp"
#include "smtp/parameters.hpp"

#include <algorithm>
#include <utility>

namespace postseal::relay {

namespace {

// A go-ahead for nothing must not reach the client.
smtp::reply sensible(next_hop& to, smtp::reply answer) {
    if (!answer.intermediate()) return answer;
    to.close();
    return smtp::make_reply(421, "4.3.0",
                            "The mail server behind this relay gave an answer that makes no sense; "
                            "try again later");
}

// Opens a transaction for the parcel: the answer to MAIL, or what came in its way.
asio::awaitable<smtp::reply> open(next_hop& to, const smtp::envelope& envelope,
                                  std::vector<smtp::parameter> xforward, const parcel& sent) {
    auto reset = to.ask("RSET");
    auto answer = co_await std::move(reset);
    answer = sensible(to, std::move(answer));
    if (!answer.positive()) co_return answer;
    auto forwarding = to.forward(std::move(xforward));
    answer = co_await std::move(forwarding);
    answer = sensible(to, std::move(answer));
    if (!answer.positive()) co_return answer;
    const auto parameters = parameters_for(envelope, sent, to.offered());
    auto mail = to.ask(smtp::mail_line(envelope.sender, parameters));
    answer = co_await std::move(mail);
    co_return sensible(to, std::move(answer));
}

asio::awaitable<smtp::reply> name(next_hop& to, smtp::recipient recipient) {
    recipient.parameters = smtp::understood(recipient.parameters, to.offered());
    auto rcpt = to.ask(smtp::rcpt_line(recipient));
    auto answer = co_await std::move(rcpt);
    co_return sensible(to, std::move(answer));
}

// One transaction from RSET to the final dot. The first answer that is not positive ends it.
asio::awaitable<smtp::reply> send(next_hop& to, const smtp::envelope& envelope,
                                  std::vector<smtp::parameter> xforward, parcel& sent) {
    auto opening = open(to, envelope, std::move(xforward), sent);
    auto answer = co_await std::move(opening);
    if (!answer.positive()) co_return answer;
    for (const auto index : sent.group.recipients) {
        auto naming = name(to, envelope.recipients[index]);
        answer = co_await std::move(naming);
        if (!answer.positive()) co_return answer;
    }
    auto data = to.send_message(sent.content.pieces());
    answer = co_await std::move(data);
    co_return answer;
}

// The same, but a recipient that is refused leaves the transaction to the others.
asio::awaitable<void> send_each(next_hop& to, const smtp::envelope& envelope,
                                std::vector<smtp::parameter> xforward, parcel& sent,
                                std::vector<smtp::reply>& fates) {
    auto opening = open(to, envelope, std::move(xforward), sent);
    auto answer = co_await std::move(opening);
    std::vector<std::size_t> accepted;
    for (const auto index : sent.group.recipients) {
        fates[index] = answer;
        if (!answer.positive()) continue;
        auto naming = name(to, envelope.recipients[index]);
        auto named = co_await std::move(naming);
        fates[index] = std::move(named);
        if (fates[index].positive()) accepted.push_back(index);
    }
    if (accepted.empty()) co_return;
    auto data = to.send_message(sent.content.pieces());
    answer = co_await std::move(data);
    for (const auto index : accepted)
        fates[index] = answer;
}

// The end of the connection is said once it is closed; a recipient's fate is that it was not
// served.
smtp::reply as_fate(smtp::reply answer) {
    if (answer.code == 421) answer.code = 451;
    return answer;
}

} // namespace

std::vector<smtp::parameter> parameters_for(const smtp::envelope& envelope, const parcel& sent,
                                            const smtp::extensions& offered) {
    std::vector<smtp::parameter> parameters;
    for (const auto& parameter : smtp::understood(envelope.parameters, offered)) {
        if (parameter.keyword == "SIZE") continue;
        // A name that we would vouch for (RFC 4954 §5); leaving it out is always allowed.
        if (parameter.keyword == "AUTH") continue;
        if (parameter.keyword == "BODY" && sent.group.treatment == policy::treatment::sealed) {
            continue;
        }
        parameters.push_back(parameter);
    }
    if (offered.size) parameters.push_back({"SIZE", std::to_string(sent.content.size())});
    return parameters;
}

bool fits_mirrored(const smtp::envelope& envelope, const std::vector<parcel>& parcels,
                   const smtp::extensions& offered) {
    if (parcels.size() != 1) return false;
    const auto& only = parcels.front();
    if (only.group.recipients.size() != envelope.recipients.size()) return false;
    const auto declared = smtp::declared_size(envelope.parameters);
    if (!offered.size || !declared) return true;
    const auto size = only.content.size();
    return size <= only.came || size <= *declared;
}

asio::awaitable<smtp::reply> deliver(next_hop& to, const smtp::envelope& envelope,
                                     std::vector<smtp::parameter> xforward,
                                     std::vector<parcel>& parcels) {
    if (fits_mirrored(envelope, parcels, to.offered())) {
        auto data = to.send_message(parcels.front().content.pieces());
        auto answer = co_await std::move(data);
        co_return answer;
    }
    smtp::reply first;
    for (auto& sent : parcels) {
        auto sending = send(to, envelope, xforward, sent);
        auto answer = co_await std::move(sending);
        const bool committed = first.positive();
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

asio::awaitable<std::vector<smtp::reply>> deliver_each(next_hop& to, const smtp::envelope& envelope,
                                                       std::vector<smtp::parameter> xforward,
                                                       std::vector<parcel>& parcels) {
    std::vector<smtp::reply> fates(envelope.recipients.size());
    if (fits_mirrored(envelope, parcels, to.offered())) {
        auto data = to.send_message(parcels.front().content.pieces());
        const auto answer = co_await std::move(data);
        fates.assign(fates.size(), answer);
    } else {
        for (auto& sent : parcels) {
            auto sending = send_each(to, envelope, xforward, sent, fates);
            co_await std::move(sending);
        }
    }
    std::ranges::transform(fates, fates.begin(), as_fate);
    co_return fates;
}

} // namespace postseal::relay
