// SPDX-License-Identifier: Apache-2.0
#include "relay/self_test.hpp"

#include "relay/client_introduction.hpp"
#include "relay/next_hop.hpp"
#include "smtp/command.hpp"
#include "smtp/mailbox.hpp"

#include <utility>

namespace postseal::relay {

namespace {

using smtp::probe_step;
using smtp::probe_verdict;

self_test found(probe_step step, const smtp::reply& answer) {
    const auto* const name = step == probe_step::hello  ? "EHLO: "
                             : step == probe_step::mail ? "MAIL: "
                                                        : "RCPT: ";
    return {smtp::judge_probe(step, answer), name + smtp::to_log(answer)};
}

std::string hop_of(const listener_settings& through) {
    return through.next_hop.address.host + ":" + std::to_string(through.next_hop.address.port);
}

} // namespace

asio::awaitable<self_test> probe_next_hop(asio::any_io_executor executor, listener_settings through,
                                          std::string our_name) {
    next_hop asked(executor, through.next_hop);
    asked.introduce(introduce_stranger(through));
    auto greeting = asked.greet(next_hop::greeting::ehlo, our_name);
    auto answer = co_await std::move(greeting);
    auto result = found(probe_step::hello, answer);
    if (result.verdict == probe_verdict::go_on) {
        // The null sender, since a server may have its own reasons to refuse any other.
        auto naming = asked.ask(smtp::mail_line(std::nullopt, {}));
        answer = co_await std::move(naming);
        result = found(probe_step::mail, answer);
    }
    const auto foreign = smtp::parse_mailbox(through.probe);
    if (result.verdict == probe_verdict::go_on && foreign) {
        auto asking = asked.ask(smtp::rcpt_line(smtp::recipient{*foreign, {}}));
        answer = co_await std::move(asking);
        result = found(probe_step::rcpt, answer);
    }
    if (result.verdict == probe_verdict::go_on) result.verdict = probe_verdict::inconclusive;
    asked.quit();
    co_return result;
}

std::string advice(const self_test& seen, const listener_settings& through) {
    const auto hop = hop_of(through);
    switch (seen.verdict) {
    case probe_verdict::refuses:
        return "listener=" + through.name + " takes mail: " + hop +
               " refuses to relay for strangers (" + seen.heard + ")";
    case probe_verdict::relays:
        return "listener=" + through.name + " stays closed, clients hear 421: " + hop +
               " would relay mail of strangers to " + through.probe + " (" + seen.heard +
               "). With Postfix, give that smtpd in master.cf -o mynetworks= and -o "
               "smtpd_relay_restrictions=permit_sasl_authenticated,reject";
    case probe_verdict::go_on:
    case probe_verdict::inconclusive: break;
    }
    return "listener=" + through.name + " stays closed, clients hear 421: nobody knows yet " +
           "whether " + hop + " refuses to relay for strangers (" + seen.heard +
           "). It is asked again. Where the answer is about the address " + through.probe +
           ", set self_test to a foreign address that takes mail";
}

std::string advice_while_waiting(const listener_settings& through) {
    return "listener=" + through.name + " self-test: " + hop_of(through) +
           " has not answered yet. With Postfix, its own log says why";
}

} // namespace postseal::relay
