// SPDX-License-Identifier: Apache-2.0
#include "relay/mail_transaction.hpp"

#include "smtp/command.hpp"
#include "smtp/parameters.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace postseal::relay {

namespace {

// What a message cannot do without: its addresses, or the way that its sender allows (RFC 8689).
constexpr std::array<std::string_view, 2> needed{"SMTPUTF8", "REQUIRETLS"};

bool is_needed(const smtp::parameter& one) {
    return std::ranges::find(needed, one.keyword) != needed.end();
}

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

// It was there when the client was offered it. The next hop may have been called again since, or be
// another one.
smtp::reply all_there(const mail_transaction& what, const smtp::extensions& offered) {
    for (const auto& one : what.parameters) {
        if (!is_needed(one) || smtp::is_offered(one.keyword, offered)) continue;
        return smtp::make_reply(451, "4.3.5",
                                "The next hop does not offer " + one.keyword +
                                    ", which this message needs");
    }
    return smtp::make_reply(250, "2.0.0", "Ok");
}

void set_all(transaction_end& end, const smtp::reply& answer) {
    for (auto& one : end.replies)
        one = answer;
}

} // namespace

asio::awaitable<transaction_end> carry_out(next_hop& to, mail_transaction what,
                                           on_refusal refused) {
    transaction_end end;
    end.replies.resize(what.recipients.size());
    auto readying = make_ready(to, std::move(what.xforward));
    auto answer = co_await std::move(readying);
    end.notifies = to.offered().dsn;
    if (answer.positive()) answer = all_there(what, to.offered());
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
    for (const auto& one : given) {
        if (!is_needed(one) && !smtp::is_offered(one.keyword, offered)) continue;
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
