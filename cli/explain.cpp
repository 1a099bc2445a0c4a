// SPDX-License-Identifier: Apache-2.0
#include "cli/assembly.hpp"
#include "cli/commands.hpp"
#include "cli/explain_rules.hpp"
#include "cli/supposition.hpp"

#include "config/settings.hpp"
#include "message/clean.hpp"
#include "message/facts.hpp"
#include "message/header_section.hpp"
#include "policy/plan.hpp"
#include "policy/standing.hpp"
#include "policy/trace.hpp"
#include "relay/policy_view.hpp"
#include "smtp/mailbox.hpp"

#include <boost/asio/io_context.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <utility>

namespace postseal::cli {

namespace {

namespace asio = boost::asio;

smtp::mailbox parse(const std::string& text) {
    auto address = smtp::parse_mailbox(text);
    if (!address) throw std::runtime_error("'" + text + "' is not a mail address");
    return *address;
}

smtp::envelope envelope_of(const explain_options& options) {
    smtp::envelope made;
    if (!options.from.empty() && options.from != "<>") made.sender = parse(options.from);
    for (const auto& to : options.to)
        made.recipients.push_back({parse(to), {}});
    return made;
}

// As it would come over SMTP: every line ended by CRLF.
std::string with_crlf(const std::string& text) {
    std::string made;
    made.reserve(text.size() + text.size() / 32);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) made += '\r';
        made += text[i];
    }
    if (!made.ends_with("\r\n")) made += "\r\n";
    return made;
}

std::string read_message(const explain_options& options) {
    if (options.message == "-") {
        return with_crlf({std::istreambuf_iterator<char>(std::cin), {}});
    }
    if (!options.message.empty()) {
        std::ifstream file(options.message, std::ios::binary);
        if (!file) throw std::runtime_error("cannot read " + options.message.string());
        return with_crlf({std::istreambuf_iterator<char>(file), {}});
    }
    std::string made = "From: " + options.from + "\r\nTo: ";
    for (std::size_t i = 0; i < options.to.size(); ++i) {
        made += (i == 0 ? "" : ",\r\n ") + options.to[i];
    }
    return made + "\r\nSubject: an example\r\n\r\nA plain message.\r\n";
}

std::string describe(const message::facts& facts) {
    std::string text = std::to_string(facts.size) + " octets";
    if (facts.report) text += ", a report";
    if (facts.invitation) text += ", an invitation";
    if (facts.list) text += ", list mail";
    if (facts.key_exchange) text += ", a key exchange";
    if (facts.fragment) text += ", a fragment";
    switch (facts.protected_as) {
    case message::protection::none: text += ", not protected"; break;
    case message::protection::is_signed: text += ", signed"; break;
    case message::protection::encrypted: text += ", encrypted already"; break;
    }
    return facts.reason.empty() ? text : text + " (" + facts.reason + ")";
}

std::string name_of(message::header_protection how) {
    switch (how.policy) {
    case message::protection_policy::off: return {};
    case message::protection_policy::baseline: return ", protected (baseline)";
    case message::protection_policy::shy: return ", protected (shy)";
    }
    return {};
}

std::string_view gets(const policy::plan& plan, const policy::decision& decided) {
    if (plan.refusal) return "nothing: the message is refused";
    if (decided.refusal) return "nothing: is refused, and the others are served";
    if (decided.waits) return "nothing yet: it is held, and their key is looked for again";
    return policy::to_string(decided.treatment);
}

using traces = std::vector<std::vector<policy::rule_trace>>;

void print_decisions(const smtp::envelope& envelope, const policy::plan& plan,
                     const traces& traced) {
    for (const auto& decided : plan.decisions) {
        std::cout << "\nTo " << smtp::to_string(envelope.recipients[decided.recipient].address)
                  << (decided.blind ? " (blind)" : "") << "\n  gets     " << gets(plan, decided)
                  << "\n  rule     " << decided.rule << '\n';
        print_rules(traced[decided.recipient]);
        std::cout << "  because  " << decided.reason << '\n';
        if (decided.key) {
            std::cout << "  key      " << decided.key->fingerprint << ", " << decided.key->algorithm
                      << " (" << decided.key_source << ")\n";
        }
        if (decided.change) {
            std::cout << "  changed  from " << decided.change->before << " to "
                      << decided.change->now << " (" << decided.change->source << ")\n";
        }
    }
}

// What the client hears instead of 250.
bool print_refusals(const policy::plan& plan) {
    bool refused = plan.refusal.has_value();
    if (refused) std::cout << "\nThe client hears: " << smtp::to_log(*plan.refusal) << '\n';
    for (const auto& decided : plan.decisions) {
        if (!decided.refusal) continue;
        std::cout << "\nThe client hears: " << smtp::to_log(*decided.refusal) << '\n';
        refused = true;
    }
    return refused;
}

void print_deliveries(const smtp::envelope& envelope, const policy::plan& plan) {
    std::cout << "\nDeliveries, in order\n";
    std::size_t number = 0;
    for (const auto& group : plan.deliveries) {
        std::cout << "  " << ++number << ". " << policy::to_string(group.treatment) << ", headers "
                  << to_string(group.headers) << name_of(group.protection) << ":";
        for (const auto index : group.recipients) {
            std::cout << ' ' << smtp::to_string(envelope.recipients[index].address);
        }
        if (group.archive) std::cout << " archive " << smtp::to_string(*group.archive);
        std::cout << '\n';
    }
}

void print_header_changes(const policy::plan& plan, std::string_view bytes,
                          const message::id_disguise& ids) {
    const auto header = message::read_header_section(bytes);
    std::set<std::pair<policy::treatment, message::cleaning>> shown;
    for (const auto& group : plan.deliveries) {
        if (group.treatment == policy::treatment::untouched ||
            group.treatment == policy::treatment::held)
            continue;
        if (!shown.emplace(group.treatment, group.headers).second) continue;
        const auto body = group.treatment == policy::treatment::sealed ? message::content::rewritten
                                                                       : message::content::kept;
        const auto cleaned = message::clean_header(header, group.headers, body, ids);
        if (cleaned.changes.empty()) continue;
        std::cout << "\nHeader fields that change (" << policy::to_string(group.treatment) << ", "
                  << to_string(group.headers) << ")\n";
        for (const auto& change : cleaned.changes) {
            std::cout << "  " << change.name
                      << (change.action == message::field_action::remove ? "  removed"
                                                                         : "  normalised")
                      << '\n';
        }
    }
}

// How each recipient outside came to their rule; whoever is inside needs none.
traces trace_all(const policy::rule_set& rules, const policy::origin& origin,
                 const smtp::envelope& envelope, const message::facts& facts,
                 const std::vector<std::optional<keys::finding>>& findings) {
    const policy::circumstances around(origin, envelope.sender, &facts);
    traces all(envelope.recipients.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& address = envelope.recipients[i].address;
        if (policy::is_local(rules, address)) continue;
        const policy::addressee whom{policy::folded_address(address),
                                     policy::key_known(findings[i])};
        all[i] = policy::trace(rules, around, whom);
    }
    return all;
}

asio::awaitable<void> ask(keys::finder& finder, const policy::rule_set& rules,
                          const policy::origin& origin, const smtp::envelope& envelope,
                          const message::facts& facts, policy::answering replies,
                          std::vector<std::optional<keys::finding>>& findings) {
    std::vector<smtp::mailbox> addresses;
    for (const auto& one : envelope.recipients)
        addresses.push_back(one.address);
    for (auto& other : policy::also_judged(rules, envelope, facts, replies))
        addresses.push_back(std::move(other));
    findings.resize(addresses.size());
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        if (!policy::key_matters(rules, origin, envelope, &facts, addresses[i])) continue;
        auto finding = finder.find(addresses[i]);
        findings[i] = co_await std::move(finding);
    }
}

} // namespace

int explain(const explain_options& options) {
    const auto read = config::load(options.configuration);
    const auto supposed = suppose(options, read.relay.listeners);
    const auto& origin = supposed.origin;
    const auto envelope = relay::for_policy(envelope_of(options));
    const auto bytes = read_message(options);
    const auto facts = relay::for_policy(message::classify(bytes));

    asio::io_context context(1);
    assembly parts(context.get_executor(), read, purpose::ask_once);
    std::vector<std::optional<keys::finding>> findings;
    const auto& rules = read.relay.policy;
    run_once(context,
             ask(parts.finder(), rules, origin, envelope, facts, supposed.replies, findings));
    const auto plan = policy::make_plan(rules, origin, envelope, facts, findings, supposed.replies);

    std::cout << "The message: " << describe(facts) << "\n\n" << supposed.account;
    print_decisions(envelope, plan, trace_all(rules, origin, envelope, facts, findings));
    const bool refused = print_refusals(plan);
    if (!plan.deliveries.empty()) {
        print_deliveries(envelope, plan);
        print_header_changes(plan, bytes, read.relay.message_ids);
    }
    return refused ? answer_is_no : done;
}

} // namespace postseal::cli
