// SPDX-License-Identifier: Apache-2.0
#include "relay/spool_delivery.hpp"

#include <utility>
#include <vector>

namespace postseal::relay {

namespace {

constexpr int login_needed = 530; // RFC 4954 §6

} // namespace

transaction_end attempt_for_all(const spool_entry& entry, const smtp::reply& answer) {
    transaction_end end;
    end.replies.assign(entry.recipients.size(), answer);
    return end;
}

smtp::reply as_fate(const transaction_end& end, const smtp::reply& answer) {
    const bool is_about_us = !end.reached_mail || answer.code == login_needed;
    return is_about_us ? as_delay(answer) : answer;
}

asio::awaitable<transaction_end> deliver_owed(next_hop& to,
                                              std::shared_ptr<const spool_claim> sent) {
    const auto& entry = sent->entry;
    mail_transaction what;
    what.sender = entry.sender;
    const auto lines =
        entry.copy == spooled_copy::sealed ? content_lines::seven_bit : content_lines::as_they_came;
    what.parameters = parameters_for(entry.parameters, lines, entry.size, to.offered());
    std::vector<std::size_t> owed;
    for (std::size_t i = 0; i < entry.recipients.size(); ++i) {
        if (entry.recipients[i].debt != debt::delivery) continue;
        owed.push_back(i);
        what.recipients.push_back(entry.recipients[i].to);
    }
    what.pieces.push_back(sent->content.view());
    auto carrying = carry_out(to, std::move(what), on_refusal::others_go_on);
    auto end = co_await std::move(carrying);
    auto made = attempt_for_all(entry, {});
    made.notifies = end.notifies;
    made.reached_mail = end.reached_mail;
    made.lost_in_message = end.lost_in_message;
    for (std::size_t i = 0; i < owed.size(); ++i)
        made.replies[owed[i]] = as_fate(end, end.replies[i]);
    co_return made;
}

} // namespace postseal::relay
