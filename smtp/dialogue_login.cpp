// SPDX-License-Identifier: Apache-2.0
// STARTTLS (RFC 3207) and AUTH (RFC 4954): when they may be said, and what they change.
#include "smtp/dialogue.hpp"

#include <algorithm>
#include <utility>

namespace postseal::smtp {

namespace {

reply hello_first() { return make_reply(503, "5.5.1", "Send EHLO first"); }

} // namespace

next_action dialogue::on_command(starttls) {
    if (settings_.tls == tls_state::absent) return refuse(not_offered());
    if (tls_active()) return refuse(make_reply(503, "5.5.1", "TLS is already active"));
    if (greeted_ != greeted::ehlo) return refuse(hello_first());
    if (in_transaction_)
        return refuse(make_reply(503, "5.5.1",
                                 "STARTTLS belongs before MAIL; finish this message, or send "
                                 "RSET"));
    // The next hop would keep the user whom somebody on the way had logged in, for the client that
    // speaks from within TLS.
    if (authenticated_) return refuse(make_reply(503, "5.5.1", "STARTTLS belongs before AUTH"));
    return action::start_tls{make_reply(220, "2.0.0", "Ready to start TLS")};
}

void dialogue::on_tls() {
    const bool left_something = has_left_something();
    settings_.tls = tls_state::active;
    greeted_ = greeted::no;
    client_domain_.clear();
    pending_.reset();
    mail_refused_ = false;
    forget_transaction();
    left_before_tls_ = left_something;
}

next_action dialogue::on_command(auth said) {
    if (settings_.login == login_rule::refused) return refuse(not_offered());
    if (greeted_ != greeted::ehlo) return refuse(hello_first());
    if (authenticated_) return refuse(make_reply(503, "5.5.1", "You are already logged in"));
    if (in_transaction_)
        return refuse(make_reply(503, "5.5.1",
                                 "AUTH belongs before MAIL; finish this message, or send RSET"));
    if (!may_log_in())
        return refuse(make_reply(538, "5.7.11", "Only with TLS: send STARTTLS first"));
    if (offered_.mechanisms.empty()) return refuse(not_offered());
    if (std::ranges::find(offered_.mechanisms, said.mechanism) == offered_.mechanisms.end())
        return refuse(make_reply(504, "5.5.4",
                                 "This mechanism is not offered here; EHLO lists those that are"));
    if (failed_logins_ >= max_failed_logins)
        return close(make_reply(421, "4.7.0",
                                "Too many logins that failed; closing. Correct user name and "
                                "password, then connect again"));
    return action::authenticate{std::move(said)};
}

reply dialogue::on_auth(const reply& answer, std::optional<std::string> name) {
    // Another 2xx than 235: neither the client nor we would know who it is now.
    if (answer.positive() && answer.code != 235) return settle(senseless(answer));
    auto heard = settle(answer);
    if (heard.positive()) {
        authenticated_ = true;
        login_ = std::move(name);
    } else {
        ++failed_logins_;
    }
    return heard;
}

std::size_t dialogue::line_limit() const {
    const bool may = may_log_in() && !authenticated_ && !offered_.mechanisms.empty();
    return may ? max_auth_line : max_command_line;
}

bool dialogue::may_log_in() const {
    switch (settings_.login) {
    case login_rule::refused: return false;
    case login_rule::after_tls: return tls_active();
    case login_rule::always: return settings_.tls != tls_state::required;
    }
    return false;
}

bool dialogue::may_be_said_in_clear(const command& said) const {
    return std::holds_alternative<ehlo>(said) || std::holds_alternative<helo>(said) ||
           std::holds_alternative<noop>(said) || std::holds_alternative<rset>(said) ||
           std::holds_alternative<quit>(said) || std::holds_alternative<starttls>(said);
}

} // namespace postseal::smtp
