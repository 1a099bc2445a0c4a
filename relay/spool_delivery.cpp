// SPDX-License-Identifier: Apache-2.0
#include "relay/spool_delivery.hpp"

#include "smtp/command.hpp"
#include "smtp/parameters.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace postseal::relay {

namespace {

constexpr int login_needed = 530; // RFC 4954 §6
constexpr int closing = 421;

// A go-ahead for nothing is no answer that anything can be built on.
smtp::reply sensible(next_hop& to, smtp::reply answer) {
    if (!answer.intermediate()) return answer;
    to.close();
    return smtp::make_reply(closing, "4.3.0", "The next hop gave an answer that makes no sense");
}

// What the message cannot do without. It was there when the client sent it.
std::string_view missing(const spool_entry& entry, const smtp::extensions& offered) {
    for (const std::string_view keyword : {"SMTPUTF8", "REQUIRETLS"}) {
        const auto* const asked = smtp::find_parameter(entry.parameters, keyword);
        if (asked != nullptr && !smtp::is_offered(keyword, offered)) return keyword;
    }
    return {};
}

} // namespace

std::vector<smtp::parameter> spool_parameters(const spool_entry& entry,
                                              const smtp::extensions& offered) {
    std::vector<smtp::parameter> kept;
    for (const auto& one : smtp::understood(entry.parameters, offered)) {
        if (one.keyword == "SIZE" || one.keyword == "AUTH") continue;
        if (one.keyword == "BODY" && entry.copy == spooled_copy::sealed) continue; // 7 bit
        kept.push_back(one);
    }
    if (offered.size) kept.push_back({"SIZE", std::to_string(entry.size)});
    return kept;
}

spool_attempt attempt_for_all(const spool_entry& entry, const smtp::reply& answer) {
    return {std::vector<smtp::reply>(entry.recipients.size(), answer), spool_ending::answered};
}

smtp::reply as_delay(const smtp::reply& answer) {
    if (!answer.permanent_failure() && !answer.positive()) return answer;
    return smtp::make_reply(451, "4.4.0",
                            "The next hop takes no mail (" + smtp::to_log(answer) + ")");
}

asio::awaitable<spool_attempt> deliver_owed(next_hop& to, std::shared_ptr<const spool_claim> sent) {
    const auto& entry = sent->entry;
    if (const auto keyword = missing(entry, to.offered()); !keyword.empty()) {
        co_return attempt_for_all(entry, smtp::make_reply(451, "4.3.5",
                                                          "The next hop does not offer " +
                                                              std::string(keyword) +
                                                              ", which this message needs"));
    }
    auto reset = to.ask("RSET");
    auto answer = co_await std::move(reset);
    answer = sensible(to, std::move(answer));
    if (!answer.positive()) co_return attempt_for_all(entry, as_delay(answer));
    auto mail = to.ask(smtp::mail_line(entry.sender, spool_parameters(entry, to.offered())));
    answer = co_await std::move(mail);
    answer = sensible(to, std::move(answer));
    if (answer.code == login_needed) answer = as_delay(answer);

    auto made = attempt_for_all(entry, answer);
    if (!answer.positive()) co_return made;
    std::vector<std::size_t> accepted;
    for (std::size_t i = 0; i < entry.recipients.size(); ++i) {
        if (entry.recipients[i].debt != debt::delivery) continue;
        auto recipient = entry.recipients[i].to;
        recipient.parameters = smtp::understood(recipient.parameters, to.offered());
        auto naming = to.ask(smtp::rcpt_line(recipient));
        answer = co_await std::move(naming);
        made.replies[i] = sensible(to, std::move(answer));
        if (made.replies[i].positive()) accepted.push_back(i);
    }
    if (accepted.empty()) co_return made;
    std::vector<std::string_view> pieces;
    pieces.push_back(sent->content.view());
    const bool stood = !to.lost();
    auto sending = to.send_message(std::move(pieces));
    answer = co_await std::move(sending);
    answer = sensible(to, std::move(answer));
    for (const auto i : accepted)
        made.replies[i] = answer;
    if (stood && to.lost() && !answer.positive()) made.ending = spool_ending::lost_in_message;
    co_return made;
}

} // namespace postseal::relay
