// SPDX-License-Identifier: Apache-2.0
#include "relay/report.hpp"

#include "message/dsn.hpp"
#include "message/pgp_mime.hpp"
#include "relay/journal.hpp"
#include "relay/mail_transaction.hpp"
#include "relay/policy_view.hpp"
#include "relay/randomness.hpp"
#include "smtp/parameters.hpp"

#include <utility>

namespace postseal::relay {

namespace {

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

long long seconds(std::chrono::sys_seconds time) { return time.time_since_epoch().count(); }

policy::outcome outcome_of(const spool_entry& about, std::size_t index, report_about what) {
    policy::outcome made;
    made.recipient = index;
    made.said = last_reply(about.recipients[index]);
    if (about.recipients[index].debt == debt::notice) {
        made.fate = policy::fate::relayed;
    } else if (what == report_about::delay) {
        made.fate = policy::fate::delayed;
        const bool is_held = about.copy == spooled_copy::held && now() < about.held.until;
        made.retried_until = seconds(is_held ? about.held.until : about.expires);
    } else {
        made.fate = made.said.permanent_failure() ? policy::fate::refused : policy::fate::expired;
    }
    return made;
}

std::string prefix(const spool_entry& about) {
    return "id=" + about.message + " spool=" + about.id;
}

// For as long as the mail itself was tried, once more.
bool is_given_up(const spool_entry& about, const settings& current) {
    return now() >= about.expires + current.owed.retry.lifetime;
}

} // namespace

written_report write_report(const settings& current, const spool_entry& about,
                            std::string_view copy, report_about what,
                            std::chrono::sys_seconds time) {
    smtp::envelope envelope{about.sender, about.parameters, {}};
    std::vector<policy::outcome> outcomes;
    for (std::size_t i = 0; i < about.recipients.size(); ++i) {
        envelope.recipients.push_back(about.recipients[i].to);
        const bool is_owed = about.recipients[i].debt == debt::delivery;
        if (is_owed == (what == report_about::delay))
            outcomes.push_back(outcome_of(about, i, what));
    }
    auto as_judged = envelope; // as it was when its sender was found to be one who can be told
    as_judged.sender = for_policy(envelope).sender;
    auto told = policy::notify(current.policy, as_judged, outcomes);
    written_report made{{}, std::move(told.silent)};
    if (told.to_sender.empty()) return made;
    const auto header = message::read_header_section(copy);
    message::dsn notice{.from = current.postmaster,
                        .to = *about.sender,
                        .reporting_host = current.hostname,
                        .time = seconds(time),
                        .message_id = random_id() + "@" + current.hostname,
                        .boundary = message::make_boundary(random_bytes(24)),
                        .arrived = seconds(about.arrived),
                        .mail_parameters = about.parameters,
                        .recipients = std::move(told.to_sender),
                        .original_header =
                            message::original_header(header, message::profile::standard)};
    const bool requiretls = smtp::find_parameter(about.parameters, "REQUIRETLS") != nullptr;
    report ready{notice.to, message::needs_smtputf8(notice), requiretls, {}};
    const message::sink out = [&ready](std::string_view piece) { ready.text += piece; };
    message::write_dsn(out, notice);
    made.report = std::move(ready);
    return made;
}

std::vector<smtp::parameter> parameters_of(const report& sent, const smtp::extensions& offered) {
    std::vector<smtp::parameter> asked;
    if (sent.smtputf8) asked.push_back({"SMTPUTF8", {}});
    if (sent.requiretls && offered.requiretls) asked.push_back({"REQUIRETLS", {}});
    return parameters_for(asked, content_lines::seven_bit, sent.text.size(), offered);
}

asio::awaitable<smtp::reply> send_report(next_hop& to, std::shared_ptr<const report> sent,
                                         smtp::mailbox addressee) {
    mail_transaction what;
    what.parameters = parameters_of(*sent, to.offered());
    // No report about a report, whoever would make it (RFC 3461 §6.3).
    smtp::recipient recipient{std::move(addressee), {}};
    recipient.parameters.push_back({"NOTIFY", "NEVER"});
    what.recipients.push_back(std::move(recipient));
    what.pieces.push_back(sent->text);
    auto carrying = carry_out(to, std::move(what), on_refusal::ends_for_all);
    auto end = co_await std::move(carrying);
    co_return end.reached_mail ? end.replies.front() : as_delay(end.replies.front());
}

asio::awaitable<report_outcome> tell_sender(asio::any_io_executor executor,
                                            std::shared_ptr<const settings> current, journal& log,
                                            std::shared_ptr<const spool_claim> about,
                                            report_about what) {
    const auto& entry = about->entry;
    auto written = write_report(*current, entry, about->content.view(), what, now());
    log_silence(log, entry, written.silent);
    if (!written.report) co_return report_outcome::settled;
    if (is_given_up(entry, *current)) {
        log.error(prefix(entry) + " no server takes the report for its sender: it is dropped");
        co_return report_outcome::settled;
    }
    next_hop to(executor, current->owed.next_hop);
    auto greeting = to.greet(next_hop::greeting::ehlo, current->hostname);
    auto answer = co_await std::move(greeting);
    if (!answer.positive()) {
        log.warning(prefix(entry) + " report: " + smtp::to_log(answer));
        co_return report_outcome::not_now;
    }
    const auto sent = std::make_shared<const report>(std::move(*written.report));
    std::optional<smtp::mailbox> addressee = sent->to;
    while (addressee) {
        auto sending = send_report(to, sent, *addressee);
        answer = co_await std::move(sending);
        log.info(prefix(entry) + " report to=" + bracketed(smtp::to_string(*addressee)) +
                 " reply=" + relay::quoted(smtp::to_log(answer)));
        if (!answer.permanent_failure()) break;
        addressee = policy::next_addressee(*addressee, current->postmaster);
    }
    if (!addressee) log.error(prefix(entry) + " nobody takes the report: it is dropped");
    to.quit();
    co_return answer.transient_failure() ? report_outcome::not_now : report_outcome::settled;
}

void log_silence(journal& log, const spool_entry& about,
                 const std::vector<policy::untold>& silent) {
    for (const auto& one : silent) {
        const auto& lost = about.recipients[one.recipient];
        log.warning(prefix(about) + " to=" + bracketed(smtp::to_string(lost.to.address)) +
                    " is lost, and nobody is told: " + std::string(to_string(one.why)) +
                    " reply=" + relay::quoted(lost.said));
    }
}

} // namespace postseal::relay
