// SPDX-License-Identifier: Apache-2.0
// What the next hop answers, and how the conversation stands after it.
#include "smtp/dialogue.hpp"

#include <utility>

namespace postseal::smtp {

reply dialogue::on_extensions(const extensions& offered) {
    const bool extended = pending_ && std::holds_alternative<ehlo>(*pending_);
    pending_.reset();
    offered_ = offered;
    greeted_ = asked_ = extended ? greeted::ehlo : greeted::helo;
    forget_transaction(); // EHLO has ended it there too (RFC 5321 §4.1.4)
    return hello_reply();
}

reply dialogue::on_refused(const reply& answer) {
    pending_.reset();
    greeted_ = asked_ = greeted::no;
    offered_ = {};
    forget_transaction();
    return settle(answer);
}

reply dialogue::on_mail(const reply& answer) {
    auto asked = std::exchange(pending_, std::nullopt);
    auto heard = settle(answer);
    auto* const said = asked ? std::get_if<mail>(&*asked) : nullptr;
    mail_refused_ = !heard.positive();
    if (said == nullptr || !heard.positive()) return heard;
    envelope_ = {std::move(said->sender), std::move(said->parameters), {}};
    in_transaction_ = true;
    return heard;
}

reply dialogue::on_rcpt(const reply& answer) {
    auto asked = std::exchange(pending_, std::nullopt);
    auto heard = settle(answer);
    auto* const said = asked ? std::get_if<rcpt>(&*asked) : nullptr;
    if (said != nullptr && heard.positive()) envelope_.recipients.push_back(std::move(said->to));
    return heard;
}

// The RSET was the client's, or stood in for its second EHLO.
reply dialogue::on_rset(const reply& answer) {
    const auto asked = std::exchange(pending_, std::nullopt);
    auto heard = settle(answer);
    forget_transaction();
    if (!heard.positive()) {
        // Nobody may refuse RSET. What that next hop still holds is unknown; only a new EHLO, which
        // the client has to ask for, is sure to end it.
        greeted_ = asked_ = greeted::no;
        return heard;
    }
    if (!asked || std::holds_alternative<rset>(*asked)) return heard;
    greeted_ = std::holds_alternative<ehlo>(*asked) ? greeted::ehlo : greeted::helo;
    return hello_reply();
}

// Several XFORWARD commands add up; a later value replaces an earlier one.
reply dialogue::on_xforward(const reply& answer) {
    auto asked = std::exchange(pending_, std::nullopt);
    auto heard = settle(answer);
    auto* const said = asked ? std::get_if<xforward>(&*asked) : nullptr;
    if (said == nullptr || !heard.positive()) return heard;
    for (auto& attribute : said->attributes) {
        std::erase_if(forwarded_,
                      [&](const parameter& known) { return known.keyword == attribute.keyword; });
        forwarded_.push_back(std::move(attribute));
    }
    return heard;
}

void dialogue::on_data_done() {
    forget_transaction();
    errors_ = junk_ = overshoot_ = 0; // somebody who sends mail is not somebody who plays
}

status_codes dialogue::codes() const {
    return extended() && offered_.enhanced_status_codes ? status_codes::enhanced
                                                        : status_codes::plain;
}

reply dialogue::hello_reply() const {
    if (greeted_ == greeted::ehlo) {
        const bool may_start =
            settings_.tls == tls_state::offered || settings_.tls == tls_state::required;
        return ehlo_reply(settings_.hostname, offered_,
                          {.message_size = settings_.message_size,
                           .trust = settings_.trust,
                           .starttls = may_start,
                           .login = may_log_in(),
                           .requiretls = tls_active()});
    }
    return make_reply(250, {}, settings_.hostname);
}

// The next hop's words go to the client as they are, but for a go-ahead where none was asked for:
// the client would start to send content as commands.
reply dialogue::settle(const reply& answer) {
    if (answer.intermediate()) return settle(senseless(answer));
    if (answer.code == 421) {
        finished_ = true;
        forget_transaction();
    }
    return answer;
}

reply dialogue::senseless(const reply& answer) {
    return make_reply(421, "4.3.0",
                      "The mail server behind this relay gave an answer that "
                      "makes no sense (" +
                          to_log(answer) + "); try again later");
}

// XFORWARD holds for one transaction, as it does in Postfix.
void dialogue::forget_transaction() {
    in_transaction_ = chunking_ = false;
    envelope_ = {};
    forwarded_.clear();
    left_before_tls_ = false;
}

} // namespace postseal::smtp
