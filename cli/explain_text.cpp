// SPDX-License-Identifier: Apache-2.0
#include "cli/explain_text.hpp"

#include "cli/delivery_words.hpp"
#include "cli/explain_rules.hpp"
#include "cli/terminal.hpp"
#include "message/visible.hpp"

#include <iomanip>
#include <iostream>
#include <set>
#include <tuple>

namespace postseal::cli {

namespace {

constexpr int fact_column = 15;
constexpr int field_column = 28;
constexpr std::size_t max_shown = 300; // octets of a field's text; --json has the whole

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

void print(const supposition& supposed) {
    std::cout << "The connection\n";
    for (const auto& one : supposed.facts) {
        std::cout << "  " << std::left << std::setw(fact_column) << to_string(one.what);
        if (one.never_known)
            std::cout << "never known over this listener";
        else
            std::cout << message::visible(one.value);
        if (one.assumed)
            std::cout << (one.what == policy::fact::listener ? " (assumed, the first one)"
                                                             : " (assumed)");
        std::cout << '\n';
    }
}

std::string_view gets(const policy::plan& plan, const policy::decision& decided) {
    if (plan.refusal) return "nothing: the message is refused";
    if (decided.refusal) return "nothing: is refused, and the others are served";
    if (decided.waits) return "nothing yet: it is held, and their key is looked for again";
    return policy::to_string(decided.treatment);
}

void print_key(const policy::decision& decided) {
    if (decided.key)
        std::cout << "  key      " << decided.key->fingerprint << ", " << decided.key->algorithm
                  << " (" << message::visible(decided.key_source) << ")"
                  << (decided.key_of ? ", " + message::visible(policy::whose_key(decided)) : "")
                  << '\n';
    if (decided.change)
        std::cout << "  changed  from " << decided.change->before << " to " << decided.change->now
                  << " (" << message::visible(decided.change->source) << ")\n";
}

void print_decisions(const explanation& what) {
    for (const auto& decided : what.plan.decisions) {
        std::cout << "\nTo " << shown(what.asked.envelope.recipients[decided.recipient].address)
                  << (decided.blind ? " (blind)" : "") << "\n  gets     "
                  << gets(what.plan, decided) << "\n  rule     " << message::visible(decided.rule)
                  << '\n';
        print_rules(what.traced[decided.recipient]);
        std::cout << "  because  " << message::visible(decided.reason) << '\n';
        print_key(decided);
        if (!what.would || !decided.observed) continue;
        const auto& instead = what.would->plan.decisions[decided.recipient];
        std::cout << "  would    " << gets(what.would->plan, instead) << ", because "
                  << message::visible(instead.reason) << '\n';
        print_key(instead);
    }
}

// What the client hears instead of 250.
void print_refusals(const policy::plan& plan) {
    if (plan.refusal) std::cout << "\nThe client hears: " << smtp::to_log(*plan.refusal) << '\n';
    for (const auto& decided : plan.decisions)
        if (decided.refusal)
            std::cout << "\nThe client hears: " << smtp::to_log(*decided.refusal) << '\n';
}

void print_deliveries(const smtp::envelope& envelope, const policy::plan& plan) {
    std::size_t number = 0;
    for (const auto& group : plan.deliveries) {
        std::cout << "  " << ++number << ". " << policy::to_string(group.treatment) << ", headers "
                  << message::to_string(group.headers) << remark_of(group.protection) << ":";
        for (const auto index : group.recipients)
            std::cout << ' ' << shown(envelope.recipients[index].address);
        if (group.archive) std::cout << " archive " << shown(*group.archive);
        std::cout << '\n';
    }
}

std::string excerpt(const std::string& text) {
    auto shown = message::visible(text);
    if (shown.size() <= max_shown) return shown;
    auto end = max_shown; // not within a character
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80)
        --end;
    return shown.substr(0, end) + "...";
}

void print(const message::field_change& one) {
    const auto name = one.name.empty() ? "(an mbox line)" : message::visible(one.name);
    std::cout << "  " << std::left << std::setw(field_column) << name << ' ';
    const auto* const inside = one.inside ? "   (as it was it stands inside)" : "";
    switch (one.fate) {
    case message::field_fate::removed:
        std::cout << "removed   " << excerpt(one.before) << inside << '\n';
        break;
    case message::field_fate::replaced:
        std::cout << "was       " << excerpt(one.before) << inside << "\n  "
                  << std::setw(field_column) << ""
                  << " becomes   " << excerpt(one.after) << '\n';
        break;
    case message::field_fate::added: std::cout << "added     " << excerpt(one.after) << '\n'; break;
    }
}

// Blind recipients have deliveries of their own, and the header section of the others.
void print_header_changes(const policy::plan& plan, const std::vector<delivered_fields>& headers) {
    std::set<std::tuple<policy::treatment, message::cleaning, message::header_protection>> told;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        const auto& group = plan.deliveries[i];
        if (headers[i].changes.empty()) continue;
        if (!told.emplace(group.treatment, group.headers, group.protection).second) continue;
        std::cout << "\nHeader fields that change (" << policy::to_string(group.treatment) << ", "
                  << message::to_string(group.headers) << remark_of(group.protection) << ")\n";
        for (const auto& change : headers[i].changes)
            print(change);
    }
}

void print_plan(const smtp::envelope& envelope, const policy::plan& plan,
                const std::vector<delivered_fields>& headers) {
    print_refusals(plan);
    if (plan.deliveries.empty()) return;
    std::cout << "\nDeliveries, in order\n";
    print_deliveries(envelope, plan);
    print_header_changes(plan, headers);
}

} // namespace

void print(const explanation& what) {
    std::cout << "The message: " << message::visible(describe(what.asked.facts)) << "\n\n";
    print(what.supposed);
    print_decisions(what);
    const auto& envelope = what.asked.envelope;
    print_plan(envelope, what.plan, what.headers);
    if (!what.would) return;
    std::cout << "\nIf the rules that only observe were in force:\n";
    print_plan(envelope, what.would->plan, what.would->headers);
}

} // namespace postseal::cli
