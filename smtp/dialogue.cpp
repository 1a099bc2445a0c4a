// SPDX-License-Identifier: Apache-2.0
// What the client says. DATA and BDAT are in dialogue_message.cpp, TLS and logins in
// dialogue_login.cpp; what the next hop answers is in dialogue_answers.cpp.
#include "smtp/dialogue.hpp"

#include "smtp/octets.hpp"
#include "smtp/parameters.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace postseal::smtp {

namespace {

// A web page can make a browser write to any port, and what it writes behind the request line can
// be SMTP. Nobody who means SMTP starts with these, nor with a header field.
bool is_another_protocol(std::string_view line) {
    constexpr auto verbs = std::to_array<std::string_view>(
        {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"});
    const auto word = line.substr(0, line.find(' '));
    for (const auto verb : verbs)
        if (equal_ignoring_case(verb, word)) return true;
    const auto colon = word.find(':');
    if (colon == 0 || colon == std::string_view::npos) return false;
    const auto is_name = [](char c) { return is_letter_or_digit(c) || c == '-'; };
    return std::ranges::all_of(word.substr(0, colon), is_name);
}

bool has_keyword(const std::vector<parameter>& parameters, std::string_view keyword) {
    return find_parameter(parameters, keyword) != nullptr;
}

bool is_ascii_address(const mailbox& address) {
    return all_ascii(address.local_part) && all_ascii(address.domain);
}

reply needs_smtputf8(const mailbox& address) {
    return make_reply(553, "5.6.7",
                      '<' + to_string(address) +
                          "> is an internationalised address; send MAIL with SMTPUTF8, if it is "
                          "offered");
}

reply too_many_errors() {
    return make_reply(421, "4.7.0",
                      "Too many commands that had to be refused; closing. Correct "
                      "the sending program, then connect again");
}

reply too_much_junk_reply() {
    return make_reply(421, "4.7.0",
                      "Too many commands without a message; closing. Connect again "
                      "when there is mail");
}

reply hello_first(protocol spoken) {
    return make_reply(503, "5.5.1",
                      spoken == protocol::lmtp ? "Send LHLO first" : "Send EHLO or HELO first");
}

// RFC 2033 §4.1 for the one, RFC 5321 for the other: a client that mistakes the port must not go
// on.
reply other_protocol(protocol spoken) {
    return make_reply(500, "5.5.1",
                      spoken == protocol::lmtp
                          ? "This listener speaks LMTP: send LHLO, or configure smtp here"
                          : "This listener speaks SMTP: send EHLO, or configure lmtp here");
}

} // namespace

dialogue::dialogue(dialogue_settings settings) : settings_(std::move(settings)) {}

reply dialogue::greeting() const {
    return make_reply(
        220, {}, settings_.hostname + (settings_.protocol == protocol::lmtp ? " LMTP" : " ESMTP"));
}

next_action dialogue::on_line(std::string_view line) {
    if (finished_) return close(make_reply(421, "4.7.0", "This conversation is over"));
    if (is_another_protocol(line))
        return close(make_reply(554, "5.5.1",
                                "This is an SMTP server, and that was something "
                                "else; closing"));
    auto said = parse_command(line, settings_.marks);
    // Refused until the next hop has said otherwise. RCPT, DATA and BDAT may be pipelined behind
    // it.
    const bool is_mail = equal_ignoring_case(line.substr(0, 4), "MAIL");
    const auto* const chunk = said ? std::get_if<bdat>(&*said) : nullptr;
    const bool may_follow = said && (chunk != nullptr || std::holds_alternative<rcpt>(*said) ||
                                     std::holds_alternative<data>(*said));
    mail_refused_ = is_mail || (mail_refused_ && (!said || may_follow));
    if (!said) return refuse_unread(line, said.error());
    if (chunk == nullptr) return obey(std::move(*said));
    const auto octets = chunk->octets;
    return keep_in_step(octets, obey(std::move(*said)));
}

next_action dialogue::obey(command said) {
    if (settings_.tls == tls_state::required && !may_be_said_in_clear(said)) {
        const bool follows = mail_refused_ && !std::holds_alternative<mail>(said);
        return refuse(make_reply(530, "5.7.0", "Only with TLS: send STARTTLS first"),
                      follows ? blame::nobody : blame::client);
    }
    return std::visit([this](auto&& one) { return on_command(std::move(one)); }, std::move(said));
}

next_action dialogue::on_line_too_long(std::string_view beginning) {
    return refuse_unread(beginning, make_reply(500, "5.5.2",
                                               "The line is too long; a command fits " +
                                                   std::to_string(line_limit()) + " octets"));
}

next_action dialogue::on_bare_newline(std::string_view line) {
    return refuse_unread(
        line, make_reply(500, "5.5.2", "A command line ends with CR LF, not with LF alone"));
}

next_action dialogue::on_command(ehlo said) {
    if (settings_.protocol == protocol::lmtp) return refuse(other_protocol(settings_.protocol));
    return hello(greeted::ehlo, std::move(said.domain));
}

next_action dialogue::on_command(helo said) {
    if (settings_.protocol == protocol::lmtp) return refuse(other_protocol(settings_.protocol));
    return hello(greeted::helo, std::move(said.domain));
}

next_action dialogue::on_command(lhlo said) {
    if (settings_.protocol == protocol::smtp) return refuse(other_protocol(settings_.protocol));
    return hello(greeted::ehlo, std::move(said.domain)); // the same but for the word
}

next_action dialogue::on_command(mail said) {
    if (greeted_ == greeted::no) return refuse(hello_first(settings_.protocol));
    if (in_transaction_)
        return refuse(make_reply(503, "5.5.1",
                                 "A sender is already named; finish this message, "
                                 "or send RSET"));
    if (auto answer = objection(said)) return refuse(std::move(*answer));
    mail asked{said.sender, parameters_to_forward(said)};
    pending_ = std::move(said);
    return action::forward_mail{std::move(asked)};
}

next_action dialogue::on_command(rcpt said) {
    if (!in_transaction_)
        return refuse(make_reply(503, "5.5.1", "Name the sender with MAIL first"),
                      mail_refused_ ? blame::nobody : blame::client);
    if (chunking_) return refuse(chunks_come());
    if (envelope_.recipients.size() >= settings_.recipients)
        return refuse(make_reply(452, "4.5.3",
                                 "Too many recipients (the limit is " +
                                     std::to_string(settings_.recipients) +
                                     "); send the message to the others separately"),
                      blame::nobody);
    if (auto answer = objection(said.to.parameters)) return refuse(std::move(*answer));
    if (!is_ascii_address(said.to.address) && !has_keyword(envelope_.parameters, "SMTPUTF8"))
        return refuse(needs_smtputf8(said.to.address));
    rcpt asked{{said.to.address, understood(said.to.parameters, offered_)}};
    pending_ = std::move(said);
    return action::forward_rcpt{std::move(asked)};
}

next_action dialogue::on_command(rset) {
    if (too_much_junk()) return close(too_much_junk_reply());
    if (!has_left_something()) return action::say{make_reply(250, "2.0.0", "Ok")};
    pending_ = rset{};
    return action::forward_rset{};
}

next_action dialogue::on_command(noop) {
    if (too_much_junk()) return close(too_much_junk_reply());
    return action::say{make_reply(250, "2.0.0", "Ok")};
}

next_action dialogue::on_command(vrfy) {
    if (too_much_junk()) return close(too_much_junk_reply());
    return action::say{make_reply(252, "2.0.0",
                                  "Addresses are not verified here; send RCPT to "
                                  "hear whether mail is accepted")};
}

next_action dialogue::on_command(quit) {
    return close(make_reply(221, "2.0.0", settings_.hostname + " closing"));
}

next_action dialogue::on_command(xforward said) {
    if (settings_.trust == client_trust::stranger)
        return refuse(make_reply(550, "5.7.0",
                                 "XFORWARD is for trusted mail servers; if this is "
                                 "one, add its address to 'trusted'"));
    if (greeted_ == greeted::no) return refuse(hello_first(settings_.protocol));
    if (in_transaction_)
        return refuse(make_reply(503, "5.5.1",
                                 "XFORWARD belongs before MAIL; finish this message, "
                                 "or send RSET"));
    const auto known_there = [this](const parameter& one) {
        return std::ranges::find(offered_.xforward, one.keyword) != offered_.xforward.end();
    };
    const bool asks = std::ranges::any_of(said.attributes, known_there);
    auto what = said;
    pending_ = std::move(said);
    if (!asks) return action::say{on_xforward(make_reply(250, "2.0.0", "Ok"))};
    return action::forward_xforward{std::move(what)};
}

next_action dialogue::hello(greeted kind, std::string domain) {
    if (greeted_ != greeted::no && too_much_junk()) return close(too_much_junk_reply());
    client_domain_ = domain;
    const bool must_ask =
        asked_ == greeted::no || (asked_ == greeted::helo && kind == greeted::ehlo);
    if (kind == greeted::ehlo) {
        pending_ = ehlo{domain};
    } else {
        pending_ = helo{domain};
    }
    if (must_ask) return action::greet_next_hop{kind == greeted::ehlo, std::move(domain)};
    if (has_left_something()) return action::forward_rset{};
    pending_.reset();
    greeted_ = kind;
    return action::say{hello_reply()};
}

// A refusal of ours. An error that the client cannot help is only counted when there are more of
// them than one honest pipeline holds.
next_action dialogue::refuse(reply answer, blame whose) {
    const bool excused = whose == blame::nobody && ++overshoot_ <= max_overshoot;
    if (!excused && ++errors_ > settings_.errors) return close(too_many_errors());
    return action::say{std::move(answer)};
}

next_action dialogue::close(reply answer) {
    finished_ = true;
    forget_transaction();
    return action::say_and_close{std::move(answer)};
}

bool dialogue::too_much_junk() { return ++junk_ > max_junk_commands; }

// Has the next hop something to forget?
bool dialogue::has_left_something() const {
    return in_transaction_ || !forwarded_.empty() || left_before_tls_;
}

std::optional<reply> dialogue::objection(const mail& said) const {
    if (auto answer = objection(said.parameters)) return answer;
    const auto size = declared_size(said.parameters);
    if (size && settings_.message_size != 0 && *size > settings_.message_size)
        return make_reply(552, "5.3.4",
                          "The message is too large (" + std::to_string(*size) +
                              " octets; the limit is " + std::to_string(settings_.message_size) +
                              ")");
    const bool internationalised = has_keyword(said.parameters, "SMTPUTF8");
    // A parameter that cannot be left out: addresses and header fields would need it.
    if (internationalised && !offered_.smtputf8)
        return make_reply(550, "5.6.7",
                          "The mail server behind this relay does not take SMTPUTF8, "
                          "so internationalised mail cannot be passed on");
    // Nor this one: it says rather not at all than in clear (RFC 8689 §4.2.1).
    if (has_keyword(said.parameters, "REQUIRETLS") && !offered_.requiretls)
        return make_reply(550, "5.7.30",
                          "The mail server behind this relay does not take REQUIRETLS, so this "
                          "mail cannot be passed on as it asks");
    if (said.sender && !internationalised && !is_ascii_address(*said.sender))
        return needs_smtputf8(*said.sender);
    return std::nullopt;
}

// A Postfix that uses us as its smtpd_proxy_filter passes on what its own client said, whatever we
// have offered. So a trusted client may say all that we know; others only what EHLO has named, and
// AUTH=, which RFC 4954 §5 has everybody accept.
std::optional<reply> dialogue::objection(const std::vector<parameter>& parameters) const {
    if (settings_.trust == client_trust::trusted) return std::nullopt;
    for (const auto& one : parameters) {
        const bool ours = one.keyword == "SIZE" || one.keyword == "AUTH";
        const bool in_clear = one.keyword == "REQUIRETLS" && !tls_active();
        const bool may_say =
            greeted_ == greeted::ehlo && !in_clear && (ours || is_offered(one.keyword, offered_));
        if (!may_say)
            return make_reply(555, "5.5.4",
                              "Parameter " + one.keyword + " is not offered here; leave it out");
    }
    return std::nullopt;
}

// SIZE= is the client's own figure: what the relay makes of the message it declares itself. But
// AUTH= from a stranger proves nothing, least of all when it comes from our address (RFC 4954 §5).
std::vector<parameter> dialogue::parameters_to_forward(const mail& said) const {
    auto forward = understood(said.parameters, offered_);
    for (auto& one : forward)
        if (one.keyword == "AUTH" && settings_.trust == client_trust::stranger) one.value = "<>";
    return forward;
}

} // namespace postseal::smtp
