// SPDX-License-Identifier: Apache-2.0
// An invented mail as it is told to `run` and to `explain`, and what came of it as text.
#include "invented_mail.hpp"

#include "policy/condition.hpp"
#include "relay/origin.hpp"
#include "smtp/data_reader.hpp"
#include "smtp/dialogue.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

namespace test {

namespace {

const auto ok = smtp::make_reply(250, "2.0.0", "Ok");

// What a mail program makes of the file: CRLF, and dots stuffed (RFC 5321 §4.5.2).
std::string on_the_wire(const std::string& file) {
    std::string wire;
    std::istringstream lines(file);
    for (std::string line; std::getline(lines, line);)
        wire += (line.starts_with('.') ? "." : "") + line + "\r\n";
    return wire + ".\r\n";
}

class client {
  public:
    client(const relay::listener_settings& over, const invented_mail& mail)
        : over_(over),
          mail_(mail),
          said_({.hostname = "mail.example.org",
                 .protocol = over.protocol,
                 .tls = front() ? smtp::tls_state::offered : smtp::tls_state::absent,
                 .login = over.login,
                 .trust = front() ? smtp::client_trust::stranger : smtp::client_trust::trusted}) {}

    conversation speak() {
        greet();
        if (front() && mail_.tls) {
            say("STARTTLS");
            said_.on_tls();
            greet();
        }
        if (front() && mail_.authenticated) {
            say("AUTH PLAIN");
            std::optional<std::string> name;
            if (!mail_.login.empty()) name = mail_.login;
            said_.on_auth(smtp::make_reply(235, "2.7.0", "Welcome"), name);
        }
        if (!front() && mail_.client_told) {
            say("XFORWARD ADDR=" + mail_.client);
            said_.on_xforward(ok);
        }
        say("MAIL FROM:<" + mail_.from + "> SMTPUTF8");
        said_.on_mail(ok);
        for (const auto& to : mail_.to) {
            say("RCPT TO:<" + to + ">");
            said_.on_rcpt(ok);
        }
        say("DATA");
        conversation made;
        smtp::data_reader reader(smtp::newline_rule::reject);
        BOOST_REQUIRE(reader.feed(on_the_wire(mail_.file), made.message).done);
        const auto peer = smtp::parse_ip_address(front() ? mail_.client : "127.0.0.1").value();
        made.origin = relay::origin_of(over_, peer, said_);
        made.envelope = said_.current();
        made.answers = over_.protocol == smtp::protocol::lmtp ? policy::answering::each_recipient
                                                              : policy::answering::as_one;
        return made;
    }

  private:
    [[nodiscard]] bool front() const { return over_.place == relay::place::front; }

    void greet() {
        const bool lmtp = over_.protocol == smtp::protocol::lmtp;
        const auto next = say(lmtp ? "LHLO client.example" : "EHLO client.example");
        if (!std::holds_alternative<smtp::action::greet_next_hop>(next)) return;
        smtp::extensions theirs;
        theirs.smtputf8 = true;
        theirs.eight_bit_mime = true;
        theirs.mechanisms = {"PLAIN"};
        said_.on_extensions(theirs);
    }

    // Nothing that is said here is refused, or nothing would have been compared.
    smtp::next_action say(const std::string& line) {
        auto next = said_.on_line(line);
        if (const auto* answer = std::get_if<smtp::action::say>(&next))
            BOOST_REQUIRE_MESSAGE(answer->answer.code < 400,
                                  line << ": " << smtp::to_log(answer->answer));
        BOOST_REQUIRE(!std::holds_alternative<smtp::action::say_and_close>(next));
        return next;
    }

    const relay::listener_settings& over_;
    const invented_mail& mail_;
    smtp::dialogue said_;
};

template<class Value>
std::string known(const std::optional<Value>& value) {
    std::ostringstream text;
    if (value) text << *value;
    return value ? text.str() : "?";
}

std::string one_by_one(const std::vector<smtp::mailbox>& all) {
    std::string text;
    for (const auto& one : all)
        text += smtp::to_string(one) + " ";
    return text;
}

} // namespace

conversation converse(const relay::listener_settings& over, const invented_mail& mail) {
    return client(over, mail).speak();
}

cli::explain_options options_for(const relay::listener_settings& over, const invented_mail& mail) {
    const bool front = over.place == relay::place::front;
    cli::explain_options made;
    made.from = mail.from.empty() ? "<>" : mail.from;
    made.to = mail.to;
    made.over.listener = over.name;
    if (front || mail.client_told) made.over.client = mail.client;
    if (front) {
        made.over.tls = mail.tls ? "yes" : "no";
        made.over.authenticated = mail.authenticated ? "yes" : "no";
        made.over.login = mail.login;
    }
    return made;
}

std::string shown(const relay::policy_question& asked) {
    const auto& origin = asked.origin;
    std::ostringstream text;
    text << "over " << origin.listener << " from "
         << (origin.client ? smtp::to_string(*origin.client) : "?") << " tls " << known(origin.tls)
         << " authenticated " << known(origin.authenticated) << " login " << known(origin.login)
         << "\nsender " << (asked.envelope.sender ? smtp::to_string(*asked.envelope.sender) : "<>")
         << " to ";
    for (const auto& to : asked.envelope.recipients)
        text << smtp::to_string(to.address) << " ";
    text << "\nauthors " << one_by_one(asked.facts.from) << "seen "
         << one_by_one(asked.facts.visible) << "size " << asked.facts.size;
    for (const auto what : policy::classes_of(asked.facts))
        text << " " << policy::to_string(what);
    for (const auto& field : asked.facts.fields)
        text << "\n" << field.name << "=" << field.text;
    text << "\n"
         << (asked.now.replies == policy::answering::as_one ? "one answer" : "one for each");
    return text.str();
}

std::string shown(const policy::plan& plan) {
    std::ostringstream text;
    const auto copy = [&text](const auto& one) {
        text << policy::to_string(one.treatment) << " " << message::to_string(one.headers) << " "
             << message::to_string(one.protection.policy) << " ";
    };
    if (plan.refusal) text << smtp::to_log(*plan.refusal) << "\n";
    for (const auto& one : plan.decisions) {
        text << one.recipient << ": ";
        copy(one);
        text << (one.blind ? "blind " : "") << "rule " << one.rule << " because " << one.reason
             << " key " << (one.key ? one.key->fingerprint : "-") << " " << one.key_source << " "
             << policy::whose_key(one)
             << (one.change ? " changed from " + one.change->before + " to " + one.change->now : "")
             << (one.refusal ? " " + smtp::to_log(*one.refusal) : "")
             << (one.waits ? " " + smtp::to_log(*one.waits) : "") << "\n";
    }
    for (const auto& group : plan.deliveries) {
        copy(group);
        for (const auto i : group.recipients)
            text << i << " ";
        if (group.archive) text << "archive " << smtp::to_string(*group.archive);
        for (const auto& one : group.certificates)
            text << one.fingerprint << " ";
        text << "\n";
    }
    return text.str();
}

void note_kinds(const policy::plan& plan, std::set<std::string>& into) {
    if (plan.refusal) into.insert(std::to_string(plan.refusal->code));
    for (const auto& one : plan.decisions) {
        if (one.refusal) into.insert(std::to_string(one.refusal->code) + " alone");
        if (one.blind) into.insert("blind");
        if (one.change) into.insert("changed");
        if (one.key_of && one.key) into.insert("another's key");
        if (one.key_of && !one.key) into.insert("no key of another");
    }
    for (const auto& group : plan.deliveries) {
        into.insert(group.archive ? "archive" : std::string{policy::to_string(group.treatment)});
        if (group.protection.policy != message::protection_policy::off) into.insert("protected");
    }
    if (plan.deliveries.size() > 2) into.insert("several");
}

} // namespace test
