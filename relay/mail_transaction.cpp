// SPDX-License-Identifier: Apache-2.0
#include "relay/mail_transaction.hpp"

#include "smtp/command.hpp"
#include "smtp/parameters.hpp"

#include <string>
#include <utility>

namespace postseal::relay {

namespace {

// A go-ahead for nothing is no answer that anything can be built on, and must not reach a client.
smtp::reply sensible(next_hop& to, smtp::reply answer) {
    if (!answer.intermediate()) return answer;
    to.close();
    return smtp::make_reply(421, "4.3.0",
                            "The mail server behind this relay gave an answer that makes no sense; "
                            "try again later");
}

asio::awaitable<smtp::reply> say(next_hop& to, std::string line) {
    auto asking = to.ask(std::move(line));
    auto answer = co_await std::move(asking);
    co_return sensible(to, std::move(answer));
}

// What has to be said before MAIL.
asio::awaitable<smtp::reply> make_ready(next_hop& to, std::vector<smtp::parameter> xforward) {
    auto resetting = say(to, "RSET");
    auto answer = co_await std::move(resetting);
    if (!answer.positive()) co_return answer;
    auto forwarding = to.forward(std::move(xforward));
    answer = co_await std::move(forwarding);
    co_return sensible(to, std::move(answer));
}

void set_all(transaction_end& end, const smtp::reply& answer) {
    for (auto& one : end.replies)
        one = answer;
}

} // namespace

asio::awaitable<transaction_end> carry_out(next_hop& to, mail_transaction what,
                                           on_refusal refused) {
    transaction_end end;
    end.notifies = to.offered().dsn;
    end.replies.resize(what.recipients.size());
    auto readying = make_ready(to, std::move(what.xforward));
    auto answer = co_await std::move(readying);
    if (answer.positive()) {
        end.reached_mail = true;
        auto opening = say(to, smtp::mail_line(what.sender, what.parameters));
        answer = co_await std::move(opening);
    }
    set_all(end, answer);
    if (!answer.positive()) co_return end;

    std::vector<std::size_t> accepted;
    for (std::size_t i = 0; i < what.recipients.size(); ++i) {
        auto recipient = what.recipients[i];
        recipient.parameters = smtp::understood(recipient.parameters, to.offered());
        auto naming = say(to, smtp::rcpt_line(recipient));
        answer = co_await std::move(naming);
        end.replies[i] = answer;
        if (answer.positive()) accepted.push_back(i);
        if (answer.positive() || refused == on_refusal::others_go_on) continue;
        set_all(end, answer);
        co_return end;
    }
    if (accepted.empty()) co_return end;
    const bool stood = !to.lost();
    auto sending = to.send_message(std::move(what.pieces), std::move(what.still_wanted));
    answer = co_await std::move(sending);
    answer = sensible(to, std::move(answer));
    end.lost_in_message = stood && to.lost() && !answer.positive();
    for (const auto i : accepted)
        end.replies[i] = answer;
    co_return end;
}

std::vector<smtp::parameter> parameters_for(const std::vector<smtp::parameter>& given,
                                            content_lines lines, std::uint64_t octets,
                                            const smtp::extensions& offered) {
    std::vector<smtp::parameter> kept;
    for (const auto& one : smtp::understood(given, offered)) {
        if (one.keyword == "SIZE" || one.keyword == "AUTH") continue;
        if (one.keyword == "BODY" && lines == content_lines::seven_bit) continue;
        kept.push_back(one);
    }
    if (offered.size) kept.push_back({"SIZE", std::to_string(octets)});
    return kept;
}

smtp::reply as_delay(const smtp::reply& answer) {
    if (!answer.permanent_failure() && !answer.positive()) return answer;
    return smtp::make_reply(451, "4.4.0",
                            "The next hop takes no mail (" + smtp::to_log(answer) + ")");
}

} // namespace postseal::relay
